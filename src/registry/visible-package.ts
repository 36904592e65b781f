import { ArtifactstoreError } from "../core/errors.ts";
import { parseUuid } from "../core/uuid.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import { fileById } from "../views/query-files.ts";
import { packageById } from "../views/query-packages.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * What of the registry exists for somebody: the packages of one producer, or all. What does not is answered as if it had
 * never been.
 */
export interface Visibility {
  readonly producer?: string;
}

/** Throws `invalid_input` for what is no id, `package_not_found`. */
export async function findVisiblePackage(
  context: RegistryContext,
  visible: Visibility,
  packageId: string,
): Promise<PackageRow> {
  parseUuid(packageId, "package id");
  const row = await context.database.read((reader) => packageById(reader, packageId));
  if (row === undefined || !isVisible(visible, row)) {
    throw new ArtifactstoreError("package_not_found", `Cannot find package "${packageId}": there is none`);
  }
  return row;
}

/** A file, and the package that it is of. Throws `invalid_input` for what is no id, `file_not_found`. */
export async function findVisibleFile(
  context: RegistryContext,
  visible: Visibility,
  fileId: string,
): Promise<{ readonly file: FileRow; readonly row: PackageRow }> {
  parseUuid(fileId, "file id");
  const found = await context.database.read(async (reader) => {
    const file = await fileById(reader, fileId);
    const row = file === undefined ? undefined : await packageById(reader, file.package_id);
    return file === undefined || row === undefined ? undefined : { file, row };
  });
  if (found === undefined || !isVisible(visible, found.row)) {
    throw new ArtifactstoreError("file_not_found", `Cannot find file "${fileId}": there is none`);
  }
  return found;
}

function isVisible(visible: Visibility, row: PackageRow): boolean {
  return visible.producer === undefined || row.producer === visible.producer;
}
