import type { JsonObject } from "../core/cbor-value.ts";
import type { AddedFile } from "../registry/place-file.ts";

/** A file that was added, or was there already, the same. */
export function describeAddedFile(packageId: string, { fileId, entry, existed }: AddedFile): JsonObject {
  return {
    id: fileId,
    package_id: packageId,
    relative_path: entry.path,
    media_type: entry.media_type,
    size_bytes: entry.size_bytes,
    content_address: entry.content_address,
    sha256: entry.sha256,
    ...(entry.annotations === undefined ? {} : { annotations: entry.annotations }),
    reused_existing: existed,
  };
}
