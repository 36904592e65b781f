import type { JsonObject } from "../core/cbor-value.ts";

/** What the HTTP API answers, spelled as it is sent. Times are `YYYY-MM-DDTHH:MM:SS.sssZ`, sizes are bytes. */

export type PackageStatus = "created" | "finalized" | "abandoned" | "garbage_collected" | "purged";

/** What `POST /packages` takes. */
export interface PackageRequest {
  readonly name: string;
  readonly producer: string;
  readonly subject: string;
  readonly retention_class: string;
  readonly metadata?: JsonObject;
  /** Slug of a schema that the metadata must satisfy. */
  readonly metadata_schema?: string;
  readonly provenance?: JsonObject;
  /** The producer's own key; one live package has it. */
  readonly external_id?: string;
}

export interface CreatedPackage {
  readonly id: string;
  readonly status: PackageStatus;
  readonly manifest_digest: string | null;
  /** Whether there was one of this producer and external id. */
  readonly reused_existing: boolean;
}

export interface ListedPackage {
  readonly id: string;
  readonly name: string;
  readonly producer: string;
  readonly subject: string;
  readonly external_id: string | null;
  readonly retention_class: string;
  readonly metadata_schema: { readonly slug: string; readonly digest: string } | null;
  readonly metadata: JsonObject;
  readonly status: PackageStatus;
  readonly created_at: string;
  readonly finalized_at: string | null;
  readonly manifest_digest: string | null;
  readonly file_count: number;
  readonly total_size_bytes: number;
  readonly abandoned_at?: string;
  readonly abandoned_reason?: string;
  readonly last_event_sequence: number;
}

export interface ShownPackage extends ListedPackage {
  readonly provenance: JsonObject;
  readonly retention: {
    readonly retention_class: string;
    readonly duration_seconds: number | null;
    readonly current_expires_at: string | null;
    readonly eligible_for_deletion: boolean;
    readonly marked_at: string | null;
  } | null;
  readonly storage: readonly { readonly backend_id: string; readonly file_count: number }[];
}

export interface FinalizedPackage {
  readonly id: string;
  readonly status: "finalized";
  readonly manifest_digest: string;
  readonly file_count: number;
  readonly reused_existing: boolean;
}

/** A file as every answer describes it. */
export interface DescribedFile {
  readonly id: string;
  readonly relative_path: string;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly content_address: string;
  /** Hex. */
  readonly sha256: string;
  readonly annotations?: JsonObject;
}

export interface AddedFile extends DescribedFile {
  readonly package_id: string;
  /** Whether the package had it already, the same. */
  readonly reused_existing: boolean;
}

export interface AddedArchive {
  readonly id: string;
  readonly file_count: number;
  readonly reused_count: number;
  readonly total_size_bytes: number;
}

/** A file whose bytes are said to be stored already. */
export interface FileReference {
  readonly relative_path: string;
  readonly content_address: string;
  readonly size_bytes?: number;
  readonly media_type?: string;
  readonly annotations?: JsonObject;
}

export interface StoredFile extends DescribedFile {
  readonly locations: readonly JsonObject[];
}

export interface EventDocument {
  readonly sequence: number;
  readonly created_at: string;
  readonly event_type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly actor: string;
  readonly payload_digest: string;
  readonly payload: JsonObject;
}

export interface ListedMetadataSchema {
  readonly slug: string;
  readonly digest: string;
  /** Null for one that is part of the program and not registered. */
  readonly registered_at: string | null;
}

export interface ShownMetadataSchema extends ListedMetadataSchema {
  readonly json_schema: JsonObject;
}

export interface RegisteredMetadataSchema {
  readonly id: string;
  readonly slug: string;
  readonly digest: string;
  readonly reused_existing: boolean;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hands the next page; null on the last. */
  readonly next_cursor: string | null;
}

export interface PageOptions {
  /** Items, from 1 to 1000. */
  readonly limit?: number;
  readonly cursor?: string;
  readonly signal?: AbortSignal;
}
