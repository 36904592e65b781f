/**
 * Reads the plan of every listed query in a registry of 100,000 packages, on SQLite and on PostgreSQL: each comes to its
 * rows through an index, none reads a table from end to end.
 */
import assert from "node:assert/strict";
import process from "node:process";
import { type SQL, sql } from "drizzle-orm/sql/sql";
import type { DatabaseReader } from "../../src/db/registry-database.ts";
import { findPackageEvent } from "../../src/log/find-event.ts";
import { readEvents } from "../../src/log/read-events.ts";
import { filesOfBlob, findReferenced, referencedBlobs } from "../../src/views/query-blobs.ts";
import { filesWithLocations } from "../../src/views/query-files.ts";
import { countLiveLocations } from "../../src/views/query-locations.ts";
import {
  listPackages,
  livePackageByExternalId,
  type PackageFilters,
} from "../../src/views/query-packages.ts";
import { listMetadataSchemas } from "../../src/views/query-schemas.ts";
import { type OpenedDatabase, openFileDatabase } from "../support/open-database.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";
import { scaled } from "../support/soak-scale.ts";

const PACKAGES = scaled(100_000);
const PAGE = { limit: 50 };

const FILTERS: readonly PackageFilters[] = [
  ...[
    {},
    { producer: "nobody" },
    { external_id: "run-7" },
    { producer: "producer-7" },
    { subject: "subject-77" },
    { status: "abandoned" },
  ],
  ...[{ retention_class: "class-1" }, { external_id: "run-500", producer: "producer-0" }],
  ...[{ manifest_digest: "blake3:m500" }, { content_address: "blake3:b500" }, { sha256: "0000000000000500" }],
  ...[{ metadata: new Map([["run_id", "run-500"]]) }, { metadata: new Map([["number", "500"]]) }],
  ...[{ created_from: "2026-01-02", created_before: "2026-01-03" }],
  ...[{ expires_from: "2033-00000500", expires_before: "2033-00000600" }],
];

const QUERIES: Readonly<Record<string, (reader: DatabaseReader) => Promise<unknown>>> = {
  ...Object.fromEntries(
    FILTERS.map((filters) => [
      `packages by ${JSON.stringify(filters, (_, value) => (value instanceof Map ? [...value] : value))}`,
      (reader: DatabaseReader) => listPackages(reader, filters, PAGE),
    ]),
  ),
  "packages, a later page": (reader) => listPackages(reader, {}, { ...PAGE, after: 500 }),
  "a package by its external id": (reader) => livePackageByExternalId(reader, "producer-0", "run-500"),
  "files of a package": (reader) => filesWithLocations(reader, "p500"),
  "live locations of a package": (reader) => countLiveLocations(reader, "p500", "local"),
  "files of a blob": (reader) => filesOfBlob(reader, "local", "blake3:b500", 10),
  "which blobs are referred to": (reader) => findReferenced(reader, "local", ["blake3:b500", "blake3:b501"]),
  "blobs of a backend": (reader) => referencedBlobs(reader, "local", { after: "blake3:b500", limit: 50 }),
  schemas: (reader) => listMetadataSchemas(reader, { limit: 10 }),
  "events from a sequence": (reader) => readEvents(reader, { since: 500 }),
  "an event of a package": (reader) => findPackageEvent(reader, "p500", "v1.package.finalized"),
};

const WHOLE_LIST = "packages by {}";

/** In the SQL that both understand. */
async function fill({ database }: OpenedDatabase): Promise<void> {
  const numbers = sql`WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${PACKAGES})`;
  await database.write(async (writer) => {
    await writer.run(sql`${numbers}
      INSERT INTO artifact_packages (id, name, producer, subject, external_id, retention_class, metadata, provenance, status,
        created_at, created_event_sequence, manifest_digest, file_count, total_size_bytes, last_event_sequence)
      SELECT 'p' || n, 'n', 'producer-' || (n % 100), 'subject-' || (n % 1000), 'run-' || n, 'class-' || (n % 3),
        '{"number":' || n || ',"run_id":"run-' || n || '"}', '{}', CASE WHEN n % 50 = 0 THEN 'abandoned' ELSE 'finalized' END,
        '2026-01-0' || (1 + n * 9 / (${PACKAGES} + 1)), n, 'blake3:m' || n, 1, 1, n FROM c`);
    await writer.run(sql`${numbers}
      INSERT INTO artifact_files (id, package_id, relative_path, media_type, size_bytes, digest_algorithm, digest_primary,
        digest_sha256, content_address, event_sequence)
      SELECT 'f' || n, 'p' || n, 'path', 'text/plain', 1, 'blake3', 'b' || n,
        substr('0000000000000000' || n, length('' || n) + 1), 'blake3:b' || n, n FROM c`);
    await writer.run(sql`${numbers}
      INSERT INTO storage_locations (id, file_id, backend_id, content_address, object_key, retrieval_tier,
        verification_state, deletion_state, created_at, last_event_sequence)
      SELECT 'l' || n, 'f' || n, 'local', 'blake3:b' || n, 'k', 'hot', 'unverified', 'live', 't', n FROM c`);
    await writer.run(sql`${numbers}
      INSERT INTO retention_state (package_id, retention_class, current_expires_at, eligible_for_deletion, last_event_sequence)
      SELECT 'p' || n, 'class', '2033-' || substr('00000000' || n, length('' || n) + 1), 0, n FROM c`);
    await writer.run(sql`${numbers}
      INSERT INTO events (sequence, created_at, event_type, subject_kind, subject_id, actor, payload, payload_digest)
      SELECT n, 't', 'v1.package.finalized', 'package', 'p' || n, 'a', ${new Uint8Array([0xa0])}, ${new Uint8Array(32)}
      FROM c`);
    await writer.run(sql`ANALYZE`);
  });
}

/** A reader that answers no rows and keeps the plans of what it is asked. */
function explaining(reader: DatabaseReader, plans: string[]): DatabaseReader {
  const explain = reader.dialect.name === "sqlite" ? sql`EXPLAIN QUERY PLAN ` : sql`EXPLAIN `;
  const all = async <Row>(query: SQL): Promise<Row[]> => {
    const steps = await reader.all<Record<string, unknown>>(sql`${explain}${query}`);
    plans.push(steps.map((step) => String(step["detail"] ?? step["QUERY PLAN"])).join("\n"));
    return await reader.all<Row>(query);
  };
  return {
    ...{ dialect: reader.dialect, all, iterate: (query) => reader.iterate(query) },
    get: async <Row>(query: SQL) => (await all<Row>(query))[0],
  };
}

/**
 * A table or an index read from end to end; the few rows of `metadata_schemas` may be, and the list of all packages
 * begins at the end of its index and stops after a page.
 */
const FULL_SCAN = {
  sqlite: /^SCAN (?!c\b|b\b|\(|member\b|metadata_schemas\b|.*json_each|.*VIRTUAL TABLE)/m,
  postgres: /Seq Scan on (?!metadata_schemas)/,
};

for (const open of [openFileDatabase, openOwnPostgres]) {
  const opened = await open();
  const { name } = opened.database.dialect;
  try {
    await fill(opened);
    await opened.database.read(async (reader) => {
      for (const [title, ask] of Object.entries(QUERIES)) {
        const plans: string[] = [];
        const startedMs = performance.now();
        await ask(explaining(reader, plans));
        assert.ok(plans.length > 0, title);
        if (title !== WHOLE_LIST) {
          for (const plan of plans) assert.doesNotMatch(plan, FULL_SCAN[name], `${name}: ${title}\n${plan}`);
        }
        process.stderr.write(`${name}: ${title}: ${(performance.now() - startedMs).toFixed(1)} ms\n`);
      }
    });
  } finally {
    await opened.close();
  }
}
process.stdout.write(`${Object.keys(QUERIES).length} queries over ${PACKAGES} packages on each database\n`);
process.exit(0);
