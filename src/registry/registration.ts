import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import type { ReadAhead } from "../dataplane/read-ahead.ts";
import type { SourceFile } from "../dataplane/source-file.ts";
import type { PackageDescription } from "./package-description.ts";

/** One file that is to become part of a package. */
export interface RegistrationSource extends SourceFile {
  /** As declared; otherwise the frozen extension table decides. */
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
  /** What somebody declared of the bytes; compared while they are read. Hex digests. */
  readonly declared?: { readonly sha256?: string; readonly blake3?: string; readonly sizeBytes?: number };
}

export interface RegistrationRequest {
  readonly description: PackageDescription;
  /** In order of UTF-8 bytes of the path, no path twice. */
  readonly sources: readonly RegistrationSource[];
  /** What has been read already of the first files, used once. */
  readonly ahead?: ReadAhead;
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RegistrationProgress {
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number;
  readonly totalBytes: number;
}

export interface RegistrationResult {
  readonly packageId: string;
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  readonly totalBytes: number;
  /** Whether an equal package was there already. */
  readonly reusedExisting: boolean;
  /** Whether a package that an earlier attempt began was completed. */
  readonly resumed: boolean;
  /** Copies of an existing package that were missing, short or not yet routed, and were stored again. */
  readonly restored: readonly RestoredCopy[];
  /** The abandoned package whose place this one took. */
  readonly abandonedPackageId?: string;
}

export interface RestoredCopy {
  readonly path: string;
  readonly backendId: string;
  readonly contentAddress: ContentAddress;
  /** `restored`: was there once; `routed`: the route has named this backend since. */
  readonly cause: "restored" | "routed";
}

export function totalBytes({ sources }: RegistrationRequest): number {
  return sources.reduce((sum, source) => sum + source.sizeBytes, 0);
}

/** Where only digests are wanted, files up to this size are read many in one task. Bytes. */
export const SOURCES_HASHED_TOGETHER_MAX_BYTES = 1_048_576;
