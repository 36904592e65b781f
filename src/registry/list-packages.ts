import type { JsonObject } from "../core/cbor-value.ts";
import { readRegistryId } from "../log/registry-id.ts";
import { type PackageFilters, listPackages as queryPackages } from "../views/query-packages.ts";
import { describePackage } from "./describe-package.ts";
import { formatPackageCursor, parsePackageCursor } from "./package-cursor.ts";
import { checkPackageFilters } from "./package-filters.ts";
import { checkPageLimit } from "./page-limit.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface ListPage {
  readonly items: readonly JsonObject[];
  /** Hand it back for the next page; `undefined` on the last one. */
  readonly nextCursor: string | undefined;
}

export interface PageRequest {
  readonly limit?: number;
  readonly cursor?: string;
}

/** Packages that pass every filter, the newest first. Throws `invalid_input`, `limit_exceeded`. */
export async function listPackages(
  context: RegistryContext,
  filters: PackageFilters = {},
  page: PageRequest = {},
): Promise<ListPage> {
  const limit = checkPageLimit(page.limit);
  checkPackageFilters(filters);
  return await context.database.read(async (reader) => {
    const registryId = await readRegistryId(reader);
    const after = page.cursor === undefined ? undefined : parsePackageCursor(page.cursor, registryId);
    // One more than asked for tells whether there is a next page.
    const rows = await queryPackages(reader, filters, {
      limit: limit + 1,
      ...(after === undefined ? {} : { after }),
    });
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      items: shown.map((row) => ({ ...describePackage(row), current_expires_at: row.current_expires_at })),
      nextCursor:
        last === undefined || registryId === undefined
          ? undefined
          : formatPackageCursor({ registryId, after: last.created_event_sequence }),
    };
  });
}
