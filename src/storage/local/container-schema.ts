import type { SqliteConnection } from "../../core/sqlite-port.ts";
import { CONTAINER_PAGE_BYTES } from "./limits.ts";

/**
 * The one table of `small.db`.
 *
 * It has rowids on purpose. In a WITHOUT ROWID table the rows lie in the index tree itself, and each comparison on
 * the way down reads a whole row from its overflow pages: measured on 10,000 blobs of 4 KiB, a lookup takes 25 µs
 * instead of 4, and inserting takes 0.7 s instead of 0.3 s. The separate indexes also keep the names of blobs away
 * from their bytes, so that damage to the bytes, which fill all but a hundredth of the file, leaves names readable.
 */
const TABLE = `
  CREATE TABLE blobs (
    content_address BLOB PRIMARY KEY NOT NULL,
    size            INTEGER NOT NULL,
    stored_at       INTEGER NOT NULL,
    bytes           BLOB NOT NULL
  );
  CREATE INDEX blobs_facts ON blobs (content_address, size, stored_at);
`;

export const CONTAINER_VERSION = 1;

/** The `user_version` of a file that a repair has replaced: whoever waited for it opens its successor instead. */
export const RETIRED_VERSION = 2_147_483_647;

/**
 * Shapes an empty file that nobody else has open. The page size and `auto_vacuum` can be set only before the first
 * table. Nothing is synced on the way, which would take a dozen syncs: the caller syncs the finished file once, before
 * it gets its name.
 */
export function createContainerSchema(connection: SqliteConnection): void {
  connection.exec(
    `PRAGMA synchronous = OFF;
     PRAGMA page_size = ${CONTAINER_PAGE_BYTES};
     PRAGMA auto_vacuum = INCREMENTAL;
     PRAGMA journal_mode = WAL;
     BEGIN;
     ${TABLE}
     PRAGMA user_version = ${CONTAINER_VERSION};
     COMMIT;`,
  );
}
