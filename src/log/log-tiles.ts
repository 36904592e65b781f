import { sql } from "drizzle-orm/sql/sql";
import type { HashFunction } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { MERKLE_HASH_BYTES } from "../core/merkle.ts";
import { MerkleFrontier } from "../core/merkle-frontier.ts";
import { LOG_TILE_LEAVES, type LogTileRow, logTiles } from "../db/log-tables.ts";
import type { DatabaseReader, DatabaseWriter } from "../db/registry-database.ts";

/** Bytes of a full tile's leaves. */
const FULL_TILE_BYTES = LOG_TILE_LEAVES * MERKLE_HASH_BYTES;

/** Adds the leaves of events `firstSequence` and on, which follow those that are there. The log's lock is held. */
export async function appendLogTiles(
  writer: DatabaseWriter,
  firstSequence: number,
  leafHashes: readonly Uint8Array[],
  sha256: HashFunction,
): Promise<void> {
  let done = 0;
  while (done < leafHashes.length) {
    const index = firstSequence - 1 + done;
    const tile = Math.floor(index / LOG_TILE_LEAVES);
    const filled = index % LOG_TILE_LEAVES;
    const added = leafHashes.slice(done, done + LOG_TILE_LEAVES - filled);
    const before = filled === 0 ? new Uint8Array(0) : (await readLogTile(writer, tile))?.leaf_hashes;
    if (before?.length !== filled * MERKLE_HASH_BYTES) {
      throw new ArtifactstoreError(
        "log_damaged",
        `Cannot append to the event log: tile ${tile} is not as expected`,
      );
    }
    const bytes = new Uint8Array((filled + added.length) * MERKLE_HASH_BYTES);
    bytes.set(before);
    for (const [at, hash] of added.entries()) bytes.set(hash, (filled + at) * MERKLE_HASH_BYTES);
    const root = fullTileRoot(bytes, sha256) ?? null;
    await writer.run(sql`
      INSERT INTO ${logTiles} (tile, root_hash, leaf_hashes) VALUES (${tile}, ${root}, ${bytes})
      ON CONFLICT (tile) DO UPDATE SET root_hash = excluded.root_hash, leaf_hashes = excluded.leaf_hashes`);
    done += added.length;
  }
}

/** One tile, or `undefined`. */
export async function readLogTile(reader: DatabaseReader, tile: number): Promise<LogTileRow | undefined> {
  return await reader.get<LogTileRow>(
    sql`SELECT tile, root_hash, leaf_hashes FROM ${logTiles} WHERE tile = ${tile}`,
  );
}

/** The root over the leaves of a full tile; `undefined` for one that is not full. */
export function fullTileRoot(leafHashes: Uint8Array, sha256: HashFunction): Uint8Array | undefined {
  if (leafHashes.length !== FULL_TILE_BYTES) return undefined;
  const frontier = new MerkleFrontier(sha256);
  appendLeaves(frontier, leafHashes);
  return frontier.root();
}

/** @param leafHashes one after the other */
export function appendLeaves(frontier: MerkleFrontier, leafHashes: Uint8Array): void {
  for (let at = 0; at < leafHashes.length; at += MERKLE_HASH_BYTES) {
    frontier.append(leafHashes.subarray(at, at + MERKLE_HASH_BYTES));
  }
}

/**
 * The tree as the tiles have it: from the roots of the full ones, without their leaves, and from the leaves of the
 * last. A full tile is a complete subtree of 256 leaves, so the peaks over the tiles' roots are the upper peaks of the
 * tree over the leaves, and those of the last tile follow.
 *
 * @param size leaves
 * Throws `log_damaged` if a tile is missing.
 */
export async function frontierOfTiles(
  reader: DatabaseReader,
  size: number,
  sha256: HashFunction,
): Promise<MerkleFrontier> {
  const fullTiles = Math.floor(size / LOG_TILE_LEAVES);
  const upper = new MerkleFrontier(sha256);
  const rows = reader.iterate<Pick<LogTileRow, "tile" | "root_hash">>(
    sql`SELECT tile, root_hash FROM ${logTiles} WHERE tile < ${fullTiles} ORDER BY tile`,
  );
  for await (const { tile, root_hash } of rows) {
    if (tile !== upper.size || root_hash?.length !== MERKLE_HASH_BYTES) throw missingTile(upper.size);
    upper.append(root_hash);
  }
  if (upper.size !== fullTiles) throw missingTile(upper.size);
  const lower = new MerkleFrontier(sha256);
  const last = (await readLogTile(reader, fullTiles))?.leaf_hashes ?? new Uint8Array(0);
  const rest = size % LOG_TILE_LEAVES;
  if (last.length < rest * MERKLE_HASH_BYTES) throw missingTile(fullTiles);
  appendLeaves(lower, last.subarray(0, rest * MERKLE_HASH_BYTES));
  const peaks = new Uint8Array([...upper.serialize(), ...lower.serialize()]);
  return MerkleFrontier.parse(size, peaks, sha256);
}

function missingTile(tile: number): ArtifactstoreError {
  return new ArtifactstoreError(
    "log_damaged",
    `Cannot read the log's tree: tile ${tile} is missing or damaged`,
  );
}
