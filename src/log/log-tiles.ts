import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../core/errors.ts";
import { MERKLE_HASH_BYTES } from "../core/merkle.ts";
import { LOG_TILE_LEAVES, type LogTileRow, logTiles } from "../db/log-tables.ts";
import type { DatabaseReader, DatabaseWriter } from "../db/registry-database.ts";

/** Adds the leaves of events `firstSequence` and on, which follow those that are there. The log's lock is held. */
export async function appendLogTiles(
  writer: DatabaseWriter,
  firstSequence: number,
  leafHashes: readonly Uint8Array[],
): Promise<void> {
  let done = 0;
  while (done < leafHashes.length) {
    const index = firstSequence - 1 + done;
    const tile = Math.floor(index / LOG_TILE_LEAVES);
    const filled = index % LOG_TILE_LEAVES;
    const added = leafHashes.slice(done, done + LOG_TILE_LEAVES - filled);
    const before = filled === 0 ? new Uint8Array(0) : await readLogTile(writer, tile);
    if (before?.length !== filled * MERKLE_HASH_BYTES) {
      throw new ArtifactstoreError(
        "log_damaged",
        `Cannot append to the event log: tile ${tile} is not as expected`,
      );
    }
    const bytes = new Uint8Array((filled + added.length) * MERKLE_HASH_BYTES);
    bytes.set(before);
    for (const [at, hash] of added.entries()) bytes.set(hash, (filled + at) * MERKLE_HASH_BYTES);
    await writer.run(sql`
      INSERT INTO ${logTiles} (tile, leaf_hashes) VALUES (${tile}, ${bytes})
      ON CONFLICT (tile) DO UPDATE SET leaf_hashes = excluded.leaf_hashes`);
    done += added.length;
  }
}

/** The leaf hashes of one tile, one after the other, or `undefined`. */
export async function readLogTile(reader: DatabaseReader, tile: number): Promise<Uint8Array | undefined> {
  const row = await reader.get<Pick<LogTileRow, "leaf_hashes">>(
    sql`SELECT leaf_hashes FROM ${logTiles} WHERE tile = ${tile}`,
  );
  return row?.leaf_hashes;
}
