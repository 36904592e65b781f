import { ArtifactstoreError } from "../core/errors.ts";
import { checkReason } from "../core/identifiers.ts";
import { parseUuid } from "../core/uuid.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import { iterateFiles } from "../views/query-locations.ts";
import { packageById } from "../views/query-packages.ts";
import { checkPackageViews } from "./check-package-views.ts";
import { packageEvent } from "./package-events.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * Gives up a package that was never finalized: what it alone holds can be collected, and its external id is free
 * again. Throws `package_not_found`, `package_state`, `views_differ`.
 */
export async function abandonPackage(
  context: RegistryContext,
  packageId: string,
  reason: string,
): Promise<void> {
  parseUuid(packageId, "package id");
  checkReason(reason);
  await record(context, async ({ writer }) => {
    const row = await packageById(writer, packageId);
    if (row === undefined) {
      throw new ArtifactstoreError(
        "package_not_found",
        `Cannot abandon package "${packageId}": there is none`,
      );
    }
    if (row.status !== "created") {
      throw new ArtifactstoreError(
        "package_state",
        `Cannot abandon package "${packageId}": it is ${row.status}`,
      );
    }
    await checkUnfinished(writer, row);
    return [packageEvent(packageId, "v1.package.abandoned", { reason })];
  });
}

/** The same where another process may have come first: a package that is no longer unfinished is left as it is. */
export async function abandonUnfinished(
  context: RegistryContext,
  packageId: string,
  reason: string,
): Promise<void> {
  await record(context, async ({ writer }) => {
    const row = await packageById(writer, packageId);
    if (row?.status !== "created") return [];
    await checkUnfinished(writer, row);
    return [packageEvent(packageId, "v1.package.abandoned", { reason })];
  });
}

async function checkUnfinished(reader: DatabaseReader, row: PackageRow): Promise<void> {
  const files = new Map<string, FileRow>();
  for await (const file of iterateFiles(reader, row.id)) files.set(file.relative_path, file);
  await checkPackageViews(reader, row, files);
}
