import { ArtifactstoreError } from "../core/errors.ts";
import { parseUuid } from "../core/uuid.ts";
import type { PackageRow } from "../db/view-tables.ts";
import { packageById } from "../views/query-packages.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A package in whatever state. Throws `invalid_input` for what is no id, `package_not_found`. */
export async function findPackage(context: RegistryContext, packageId: string): Promise<PackageRow> {
  parseUuid(packageId, "package id");
  const row = await context.database.read((reader) => packageById(reader, packageId));
  if (row === undefined) {
    throw new ArtifactstoreError("package_not_found", `Cannot find package "${packageId}": there is none`);
  }
  return row;
}
