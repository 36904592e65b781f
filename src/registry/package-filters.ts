import { parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { parseTimestamp } from "../core/timestamp.ts";
import type { PackageFilters } from "../views/query-packages.ts";

export type { PackageFilters } from "../views/query-packages.ts";

/** Every state that a package can be in. */
export const PACKAGE_STATUSES = ["created", "finalized", "abandoned", "garbage_collected", "purged"] as const;

const SHA256 = /^[0-9a-f]{64}$/;

/** A filter that nothing can ever pass is a mistake of the caller's. Throws `invalid_input`. */
export function checkPackageFilters(filters: PackageFilters): void {
  if (filters.manifest_digest !== undefined) parseContentAddress(filters.manifest_digest);
  if (filters.content_address !== undefined) parseContentAddress(filters.content_address);
  if (filters.sha256 !== undefined && !SHA256.test(filters.sha256)) {
    throw refused(`"${filters.sha256.slice(0, 80)}" is not a SHA-256 of 64 lower-case hex digits`);
  }
  if (filters.status !== undefined && !(PACKAGE_STATUSES as readonly string[]).includes(filters.status)) {
    throw refused(`"${filters.status.slice(0, 80)}" is not one of ${PACKAGE_STATUSES.join(", ")}`);
  }
  for (const time of [
    filters.created_from,
    filters.created_before,
    filters.expires_from,
    filters.expires_before,
  ]) {
    if (time !== undefined) parseTimestamp(time);
  }
}

function refused(state: string): ArtifactstoreError {
  return new ArtifactstoreError("invalid_input", `Cannot list packages: ${state}`);
}
