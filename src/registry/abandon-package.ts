import { ArtifactstoreError } from "../core/errors.ts";
import { checkReason } from "../core/identifiers.ts";
import { packageById } from "../views/query-packages.ts";
import { packageEvent } from "./package-events.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * Gives up a package that was never finalized: what it alone holds can be collected, and its external id is free
 * again. Throws `package_not_found`, `package_state`.
 */
export async function abandonPackage(
  context: RegistryContext,
  packageId: string,
  reason: string,
): Promise<void> {
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
    return row?.status === "created" ? [packageEvent(packageId, "v1.package.abandoned", { reason })] : [];
  });
}
