import type { JsonObject } from "../core/cbor-value.ts";
import { type FileWithLocations, filesWithLocations } from "../views/query-files.ts";
import { countLiveLocations } from "../views/query-locations.ts";
import { retentionOfPackage } from "../views/query-retention.ts";
import { describePackage } from "./describe-package.ts";
import { findPackage } from "./find-package.ts";
import type { ListPage, PageRequest } from "./list-packages.ts";
import { checkPageLimit } from "./page-limit.ts";
import type { RegistryContext } from "./registry-context.ts";

/** A package with its provenance, its retention, and where its files lie. Throws `package_not_found`. */
export async function showPackage(context: RegistryContext, packageId: string): Promise<JsonObject> {
  const row = await findPackage(context, packageId);
  return await context.database.read(async (reader) => {
    const retention = await retentionOfPackage(reader, packageId);
    const storage: JsonObject[] = [];
    for (const backendId of context.backends.keys()) {
      const fileCount = await countLiveLocations(reader, packageId, backendId);
      if (fileCount > 0) storage.push({ backend_id: backendId, file_count: fileCount });
    }
    return {
      ...describePackage(row),
      provenance: JSON.parse(row.provenance) as JsonObject,
      retention:
        retention === undefined
          ? null
          : {
              retention_class: retention.retention_class,
              duration_seconds: retention.duration_seconds,
              current_expires_at: retention.current_expires_at,
              eligible_for_deletion: retention.eligible_for_deletion === 1,
              marked_at: retention.marked_at,
            },
      storage,
    };
  });
}

/** One page of a package's files with their locations, in order of path; the cursor is the last path. */
export async function listPackageFiles(
  context: RegistryContext,
  packageId: string,
  page: PageRequest = {},
): Promise<ListPage> {
  const limit = checkPageLimit(page.limit);
  await findPackage(context, packageId);
  const rows = await context.database.read((reader) =>
    filesWithLocations(reader, packageId, {
      limit: limit + 1,
      ...(page.cursor === undefined ? {} : { afterPath: page.cursor }),
    }),
  );
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(describeFile),
    nextCursor: rows.length > limit ? shown.at(-1)?.relative_path : undefined,
  };
}

function describeFile(row: FileWithLocations): JsonObject {
  return {
    id: row.id,
    relative_path: row.relative_path,
    media_type: row.media_type,
    size_bytes: row.size_bytes,
    content_address: row.content_address,
    sha256: row.digest_sha256,
    ...(row.annotations === null ? {} : { annotations: JSON.parse(row.annotations) as JsonObject }),
    locations: row.locations.map((location) => ({
      id: location.id,
      backend_id: location.backend_id,
      object_key: location.object_key,
      retrieval_tier: location.retrieval_tier,
      restore_status: location.restore_status,
      verification_state: location.verification_state,
      verified_at: location.verified_at,
      deletion_state: location.deletion_state,
    })),
  };
}
