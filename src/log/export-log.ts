import { sql } from "drizzle-orm/sql/sql";
import type { Blake3Engine, HashFunction, StreamingHasher } from "../core/digest.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import {
  type ExportedRegistry,
  encodeLogExportEventHead,
  encodeLogExportHeader,
  encodeLogExportTrailer,
} from "../core/log-export.ts";
import { isTimestamp } from "../core/timestamp.ts";
import { isUuid } from "../core/uuid.ts";
import { type LogHeadRow, registry } from "../db/log-tables.ts";
import type { DatabaseReader, RegistryDatabase } from "../db/registry-database.ts";
import { checkPage, readHeadRow, refuseProblems } from "./check-log.ts";
import { type CheckedEvent, LogChecker } from "./log-checker.ts";
import { readEvents } from "./read-events.ts";

/** A payload of at least so many bytes is handed on as it is; smaller ones are gathered. Bytes. */
const LARGE_PAYLOAD_BYTES = 256 * 1024;

/** The state of a registry that an export is of. */
export interface ExportedState {
  readonly head: LogHeadRow;
  readonly registry: ExportedRegistry | undefined;
}

export async function readExportedState(reader: DatabaseReader): Promise<ExportedState> {
  const row = await reader.get<ExportedRegistry>(
    sql`SELECT registry_id, created_at FROM ${registry} WHERE singleton = 1`,
  );
  if (row !== undefined && !(isUuid(row.registry_id) && isTimestamp(row.created_at))) {
    throw new ArtifactstoreError("log_damaged", "Cannot export the event log: the registry's id is damaged");
  }
  return { head: await readHeadRow(reader), registry: row };
}

/**
 * The log through a head as the bytes of a log export, a page of events in memory at a time. Each page is a transaction
 * of its own: a reader that is slow holds up nobody, and events, once recorded, do not change. Every event is checked
 * as an import will check it, so that what was written to its end can be read again.
 *
 * Throws `log_damaged` where it is not.
 */
export async function* exportedChunks(
  database: RegistryDatabase,
  state: ExportedState,
  hashes: { readonly blake3: Blake3Engine; readonly sha256: HashFunction },
): AsyncGenerator<Uint8Array> {
  const { head } = state;
  const digest = hashes.blake3.create();
  const checker = new LogChecker({ blake3: hashes.blake3.hash, sha256: hashes.sha256 });
  yield counted(digest, encodeLogExportHeader(state.registry));
  while (checker.lastSequence < head.sequence) {
    const page = await database.read(async (reader) => {
      const range = { since: checker.lastSequence, through: head.sequence };
      return await checkPage(reader, checker, await readEvents(reader, range));
    });
    refuseProblems(checker, "export");
    if (page.length === 0) break;
    refuseNamelessRegistry(state, page);
    for (const chunk of pageChunks(page)) yield counted(digest, chunk);
  }
  checker.finish(head);
  refuseProblems(checker, "export");
  yield encodeLogExportTrailer({ events: head.sequence, root_hash: head.root_hash, digest: digest.digest() });
}

function counted(digest: StreamingHasher, chunk: Uint8Array): Uint8Array {
  digest.update(chunk);
  return chunk;
}

function* pageChunks(page: readonly CheckedEvent[]): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  for (const event of page) {
    parts.push(encodeLogExportEventHead(event));
    if (event.payload.length < LARGE_PAYLOAD_BYTES) parts.push(event.payload);
    else {
      yield Buffer.concat(parts);
      yield event.payload;
      parts = [];
    }
  }
  yield Buffer.concat(parts);
}

/** No import would take it: the id is made with the first package, or before it. */
function refuseNamelessRegistry({ registry: own }: ExportedState, page: readonly CheckedEvent[]): void {
  const created = page.find(({ event_type }) => event_type === "v1.package.created");
  if (created === undefined || (own !== undefined && own.created_at <= created.created_at)) return;
  throw new ArtifactstoreError(
    "log_damaged",
    `Cannot export the event log: the registry has no id that is as old as package "${created.subject_id}"`,
  );
}
