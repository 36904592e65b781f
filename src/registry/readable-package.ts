import { ArtifactstoreError } from "../core/errors.ts";
import type { PackageRow } from "../db/view-tables.ts";

/**
 * Only what is sealed can be read: before that the content may still change, afterwards it may be gone. Throws
 * `package_state`, `package_deleted`.
 */
export function refuseUnreadable({ id, status }: PackageRow, action: string): void {
  if (status === "finalized") return;
  const isDeleted = status === "garbage_collected" || status === "purged";
  throw new ArtifactstoreError(
    isDeleted ? "package_deleted" : "package_state",
    `${action}: package "${id}" is ${status}`,
  );
}
