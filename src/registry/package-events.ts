import type { CborMap } from "../core/cbor-value.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { formatTimestamp, parseTimestamp } from "../core/timestamp.ts";
import type { EventDraft } from "../log/event.ts";
import type { PackageDescription } from "./package-description.ts";
import type { RetentionRule } from "./registry-context.ts";

/** The two events that begin every package. */
export function beginningEvents(
  packageId: string,
  description: PackageDescription,
  rule: RetentionRule,
  createdAt: string,
): EventDraft[] {
  const { name, producer, subject, externalId, metadataSchema, metadata, provenance, retentionClass } =
    description;
  return [
    packageEvent(packageId, "v1.package.created", {
      name,
      producer,
      subject,
      ...(externalId === undefined ? {} : { external_id: externalId }),
      ...(metadataSchema === undefined
        ? {}
        : { metadata_schema: { slug: metadataSchema.slug, digest: metadataSchema.digest } }),
      metadata,
      provenance,
      retention_class: retentionClass,
    }),
    packageEvent(packageId, "v1.retention.default_applied", {
      retention_class: rule.name,
      duration_seconds: rule.durationSeconds ?? null,
      expires_at: expiry(createdAt, rule),
    }),
  ];
}

/** From the creation of the package on; `null` for a class that never expires. */
function expiry(createdAt: string, rule: RetentionRule): string | null {
  if (rule.durationSeconds === undefined) return null;
  return formatTimestamp(parseTimestamp(createdAt) + rule.durationSeconds * 1000);
}

export interface StoredFile {
  readonly fileId: string;
  readonly entry: ManifestFile;
  readonly locations: readonly {
    readonly locationId: string;
    readonly backendId: string;
    readonly objectKey: string;
  }[];
}

export function fileIngestedEvent(packageId: string, file: StoredFile): EventDraft {
  const { entry } = file;
  return packageEvent(packageId, "v1.file.ingested", {
    file_id: file.fileId,
    path: entry.path,
    media_type: entry.media_type,
    size_bytes: entry.size_bytes,
    content_address: entry.content_address,
    sha256: entry.sha256,
    ...(entry.annotations === undefined ? {} : { annotations: entry.annotations }),
    locations: file.locations.map(({ locationId, backendId, objectKey }) => ({
      location_id: locationId,
      backend_id: backendId,
      object_key: objectKey,
    })),
  });
}

export function packageEvent(packageId: string, type: string, payload: CborMap): EventDraft {
  return { event_type: type, subject_kind: "package", subject_id: packageId, payload };
}
