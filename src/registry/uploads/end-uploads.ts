import { basename } from "node:path";
import { sql } from "drizzle-orm/sql/sql";
import { formatTimestamp } from "../../core/timestamp.ts";
import { type UploadRow, uploads } from "../../db/request-tables.ts";
import type { RegistryContext } from "../registry-context.ts";
import { removeUpload } from "./complete-upload.ts";
import { isHeldHere, isLocked, lockUpload } from "./upload-lock.ts";

/** Uploads looked at together. Count. */
const BATCH = 100;

/**
 * Gives an upload up; what came of it goes. A file that it became already stays. Throws `upload_not_found`,
 * `upload_busy`.
 */
export async function terminateUpload(context: RegistryContext, uploadId: string): Promise<void> {
  const lock = await lockUpload(context, uploadId);
  try {
    await removeUpload(context, lock.row);
  } finally {
    await lock.release();
  }
}

/** Removes uploads to which nothing came for too long, with their files; answers how many there were. */
export async function clearExpiredUploads(context: RegistryContext): Promise<number> {
  let cleared = 0;
  for (let afterId = ""; ; ) {
    const now = formatTimestamp(context.clock());
    const rows = await context.database.read((reader) =>
      reader.all<UploadRow>(sql`SELECT * FROM ${uploads} WHERE expires_at <= ${now} AND id > ${afterId}
        ORDER BY id LIMIT ${BATCH}`),
    );
    for (const row of rows) {
      if (isHeldHere(row.id) || isLocked(context, row)) continue;
      await removeUpload(context, row);
      cleared += 1;
    }
    const last = rows.at(-1);
    if (last === undefined) return cleared;
    afterId = last.id;
  }
}

/** Names of the files of uploads that are open, in whichever directory: they look like what a crash left behind. */
export async function uploadFileNames(context: RegistryContext): Promise<ReadonlySet<string>> {
  const rows = await context.database.read((reader) =>
    reader.all<{ temporary_path: string }>(
      sql`SELECT temporary_path FROM ${uploads} WHERE file_id IS NULL
        AND expires_at > ${formatTimestamp(context.clock())}`,
    ),
  );
  return new Set(rows.map(({ temporary_path }) => basename(temporary_path)));
}
