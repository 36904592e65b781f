import type { LogExportCompression } from "../../src/core/log-export.ts";
import { chooseBlake3 } from "../../src/dataplane/hash-engine.ts";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { exportLog } from "../../src/registry/export-log.ts";
import { importLog, type LogImport } from "../../src/registry/import-log.ts";
import { START_MS } from "./log-scene.ts";

const blake3 = await chooseBlake3();

/** The whole export of a database, in memory. */
export async function exportedBytes(
  database: RegistryDatabase,
  compression?: LogExportCompression,
): Promise<Uint8Array> {
  const { chunks } = await exportLog({ database, blake3 }, compression === undefined ? {} : { compression });
  return new Uint8Array(Buffer.concat(await Array.fromAsync(chunks)));
}

/** @param chunkBytes how the bytes arrive; all at once unless given */
export function importBytes(
  database: RegistryDatabase,
  bytes: Uint8Array,
  chunkBytes: number = bytes.length,
): Promise<LogImport> {
  return importLog({ database, blake3, clock: () => START_MS }, inChunks(bytes, chunkBytes));
}

async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.slice(at, at + chunkBytes);
}
