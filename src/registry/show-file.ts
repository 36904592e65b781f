import type { JsonObject } from "../core/cbor-value.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import type { RegistryContext } from "./registry-context.ts";
import { findVisibleFile, type Visibility } from "./visible-package.ts";

/** A file and what it belongs to. Throws `invalid_input` for what is no id, `file_not_found`. */
export async function showFile(
  context: RegistryContext,
  visible: Visibility,
  fileId: string,
): Promise<JsonObject> {
  const { file, row } = await findVisibleFile(context, visible, fileId);
  return describeFileOf(file, row);
}

function describeFileOf(file: FileRow, row: PackageRow): JsonObject {
  return {
    id: file.id,
    package_id: row.id,
    package_status: row.status,
    relative_path: file.relative_path,
    media_type: file.media_type,
    size_bytes: file.size_bytes,
    content_address: file.content_address,
    sha256: file.digest_sha256,
    ...(file.annotations === null ? {} : { annotations: JSON.parse(file.annotations) as JsonObject }),
  };
}
