import { type SQL, sql } from "drizzle-orm/sql/sql";
import { events } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";
import type { LogEvent } from "./event.ts";

/** Events fetched at once where the caller names no limit. Count. */
export const EVENT_PAGE_SIZE = 500;

/** Payloads fetched at once, unless one alone is larger (a manifest may be). Bytes. */
export const EVENT_PAGE_MAX_BYTES = 8 * 1024 * 1024;

export interface EventQuery {
  /** Only events after this sequence. Default 0. */
  readonly since?: number;
  /** Only events through this sequence. */
  readonly through?: number;
  /** Only events about this subject: a package's id, a schema's slug. */
  readonly subject?: { readonly kind: string; readonly id: string };
  /** Only events about packages of this producer. */
  readonly producer?: string;
  /** At most so many. Default `EVENT_PAGE_SIZE`. */
  readonly limit?: number;
}

/**
 * One page, in order of sequence: at most `limit` events and, but for the first, `EVENT_PAGE_MAX_BYTES` of payload.
 * Empty only where there is nothing more.
 */
export async function readEvents(reader: DatabaseReader, query: EventQuery = {}): Promise<LogEvent[]> {
  const { since = 0, limit = EVENT_PAGE_SIZE } = query;
  const conditions: SQL[] = [sql`sequence > ${since}`];
  if (query.through !== undefined) conditions.push(sql`sequence <= ${query.through}`);
  if (query.subject !== undefined) {
    conditions.push(sql`subject_id = ${query.subject.id}`, sql`subject_kind = ${query.subject.kind}`);
  }
  if (query.producer !== undefined) {
    conditions.push(sql`subject_kind = 'package' AND EXISTS (SELECT 1 FROM ${views.artifact_packages} AS p
      WHERE p.id = subject_id AND p.producer = ${query.producer})`);
  }
  // Sizes first: they are cheap to know, and a page of large manifests must not come into memory at once.
  const where = sql.join(conditions, sql` AND `);
  const sizes = await reader.all<{ sequence: number; size: number }>(sql`
    SELECT sequence, length(payload) AS size FROM ${events}
    WHERE ${where} ORDER BY sequence LIMIT ${limit}`);
  let last: number | undefined;
  let total = 0;
  for (const { sequence, size } of sizes) {
    total += size;
    if (last !== undefined && total > EVENT_PAGE_MAX_BYTES) break;
    last = sequence;
  }
  if (last === undefined) return [];
  return await reader.all<LogEvent>(sql`
    SELECT sequence, created_at, event_type, subject_kind, subject_id, actor, payload, payload_digest
    FROM ${events} WHERE ${where} AND sequence <= ${last} ORDER BY sequence LIMIT ${limit}`);
}

/** All of them, a page at a time. */
export async function* eventPages(
  reader: DatabaseReader,
  query: Omit<EventQuery, "limit"> = {},
): AsyncIterable<LogEvent[]> {
  let since = query.since ?? 0;
  while (true) {
    const page = await readEvents(reader, { ...query, since });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    since = last.sequence;
  }
}
