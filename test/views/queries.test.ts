import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { backendTotals, filesOfBlob, findReferenced, referencedBlobs } from "../../src/views/query-blobs.ts";
import {
  listPackages,
  livePackageByExternalId,
  type PackageFilters,
} from "../../src/views/query-packages.ts";
import {
  abandonedDraft,
  createdDraft,
  defaultAppliedDraft,
  finalizedDraft,
  ingestedDraft,
  locationAddedDraft,
  makeLog,
  record,
  START_MS,
  sampleHex,
  sampleId,
} from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";
import { itOver } from "../support/test-database.ts";

async function openScene() {
  const opened = await openTestDatabase();
  const { database } = opened;
  const at = (days: number) => makeLog(() => START_MS + days * 86_400_000);
  await record(
    database,
    [
      createdDraft(sampleId(1), { external_id: "r" }),
      defaultAppliedDraft(sampleId(1)),
      ingestedDraft(sampleId(1), 1),
    ],
    at(0),
  );
  await record(database, [abandonedDraft(sampleId(1), "x")], at(0));
  const events = await record(
    database,
    [
      createdDraft(sampleId(2), {
        external_id: "r",
        subject: "other",
        metadata: {
          run_id: "run-2",
          n: 7,
          ok: false,
          long: LONG,
          [LONG]: "under a long key",
          half: 0.5,
          none: null,
        },
      }),
      defaultAppliedDraft(sampleId(2), { expires_at: "2027-01-01T00:00:00.000Z" }),
      ingestedDraft(sampleId(2), 2),
      ingestedDraft(sampleId(2), 3, { content_address: `blake3:${sampleHex("blob 2")}`, size_bytes: 102 }),
      finalizedDraft(sampleId(2)),
    ],
    at(1),
  );
  await record(
    database,
    [
      createdDraft(sampleId(3), { producer: "ci", retention_class: "transient" }),
      defaultAppliedDraft(sampleId(3), { duration_seconds: null, expires_at: null }),
    ],
    at(2),
  );
  const digest = Buffer.from(events.at(-1)?.payload_digest ?? []).toString("hex");
  return { ...opened, manifestDigest: `blake3:${digest}` };
}

async function numbers(database: RegistryDatabase, filters: PackageFilters): Promise<number[]> {
  const rows = await database.read((reader) => listPackages(reader, filters, { limit: 10 }));
  return rows.map((row) => Number(row.id.slice(-2)));
}

/** Longer than what an index keeps of a text. */
const LONG = "é".repeat(300);

describe("listing packages", () => {
  it("gives all, the newest first, with their expiry, by pages", async () => {
    const { database, close } = await openScene();
    assert.deepEqual(await numbers(database, {}), [3, 2, 1]);
    await database.read(async (reader) => {
      const [first, ...none] = await listPackages(reader, {}, { limit: 1 });
      assert.equal(none.length, 0);
      const after = first?.created_event_sequence ?? 0;
      const rest = await listPackages(reader, {}, { limit: 5, after });
      assert.deepEqual(
        rest.map((row) => [row.id, row.current_expires_at]),
        [
          [sampleId(2), "2027-01-01T00:00:00.000Z"],
          [sampleId(1), "2033-05-06T16:43:34.000Z"],
        ],
      );
    });
    await close();
  });

  it("filters by every property", async () => {
    const { database, close, manifestDigest } = await openScene();
    const cases: [PackageFilters, number[]][] = [
      [{ producer: "ci" }, [3]],
      [{ producer: "guide-board" }, [2, 1]],
      [{ subject: "other" }, [2]],
      [{ retention_class: "transient" }, [3]],
      [{ status: "created" }, [3]],
      [{ status: "abandoned" }, [1]],
      [{ external_id: "r" }, [2, 1]],
      [{ external_id: "r", status: "finalized" }, [2]],
      [{ manifest_digest: manifestDigest }, [2]],
      [{ content_address: `blake3:${sampleHex("blob 2")}` }, [2]],
      [{ content_address: `blake3:${sampleHex("blob 9")}` }, []],
      [{ sha256: sampleHex("sha 1") }, [1]],
      [{ sha256: `${sampleHex("sha 1").slice(0, 16)}${"0".repeat(48)}` }, []],
      [{ metadata: new Map([["run_id", "run-2"]]) }, [2]],
      [
        {
          metadata: new Map([
            ["n", "7"],
            ["ok", "false"],
          ]),
        },
        [2],
      ],
      [
        {
          metadata: new Map([
            ["n", "7"],
            ["ok", "true"],
          ]),
        },
        [],
      ],
      [{ metadata: new Map([['quo"te', "é"]]) }, [3, 1]],
      [{ metadata: new Map([["long", LONG]]) }, [2]],
      [{ metadata: new Map([["long", `${LONG.slice(0, -1)}!`]]) }, []],
      [{ metadata: new Map([[LONG, "under a long key"]]) }, [2]],
      [{ metadata: new Map([["half", "0.5"]]) }, [2]],
      [{ metadata: new Map([["half", "0.50"]]) }, []],
      [{ metadata: new Map([["none", "null"]]) }, []],
      [{ created_from: "2026-05-09T16:43:34.000Z" }, [3, 2]],
      [{ created_before: "2026-05-09T16:43:34.000Z" }, [1]],
      [{ expires_before: "2030-01-01T00:00:00.000Z" }, [2]],
      [{ expires_from: "2027-01-01T00:00:00.000Z" }, [2, 1]],
      [{ expires_from: "2027-01-01T00:00:00.001Z" }, [1]],
    ];
    for (const [filters, expected] of cases) {
      assert.deepEqual(await numbers(database, filters), expected, JSON.stringify(filters));
    }
    await close();
  });

  it("finds the one live package of an external id", async () => {
    const { database, close } = await openScene();
    await database.read(async (reader) => {
      assert.equal((await livePackageByExternalId(reader, "guide-board", "r"))?.id, sampleId(2));
      assert.equal(await livePackageByExternalId(reader, "ci", "r"), undefined);
    });
    await close();
  });

  itOver("sqlite", "its plans are read elsewhere", "looks digests up by index", async () => {
    const { database, close } = await openScene();
    const plan = await database.read((reader) =>
      reader.all<{ detail: string }>(sql`
        EXPLAIN QUERY PLAN SELECT id FROM artifact_files AS f WHERE substr(f.digest_sha256, 1, 16) = ${"ab"}`),
    );
    assert.match(plan.map((row) => row.detail).join(), /artifact_files_sha256/);
    await close();
  });
});

describe("queries on blobs", () => {
  it("tell what a backend must hold, each blob once, in order, by pages", async () => {
    const { database, close } = await openScene();
    const expected = [1, 2]
      .map((number) => ({
        content_address: `blake3:${sampleHex(`blob ${number}`)}`,
        size_bytes: 100 + number,
        sha256: sampleHex(`sha ${number}`),
      }))
      .toSorted((a, b) => (a.content_address < b.content_address ? -1 : 1));
    await database.read(async (reader) => {
      const all = await referencedBlobs(reader, "local", { limit: 10 });
      assert.deepEqual(
        all.map((row) => ({ ...row })),
        expected,
      );
      const after = expected[0]?.content_address ?? "";
      const rest = await referencedBlobs(reader, "local", { after, limit: 10 });
      assert.deepEqual(
        rest.map((row) => row.content_address),
        expected.slice(1).map((row) => row.content_address),
      );
      assert.deepEqual(await referencedBlobs(reader, "elsewhere", { limit: 10 }), []);
    });
    await close();
  });

  it("tell which blobs are referred to, on which backend, as long as a location lives", async () => {
    const { database, close } = await openScene();
    await record(database, [locationAddedDraft(sampleId(1), 1, "ceph-b", "routed")]);
    const address = (number: number) => `blake3:${sampleHex(`blob ${number}`)}`;
    const many = Array.from({ length: 2500 }, (_, number) => address(number));
    const found = (backend: string) => database.read((reader) => findReferenced(reader, backend, many));
    assert.deepEqual(await found("local"), new Set([address(1), address(2)]));
    assert.deepEqual(await found("ceph-b"), new Set([address(1)]));
    await database.write((writer) =>
      writer.run(
        sql`UPDATE storage_locations SET deletion_state = 'deleted' WHERE content_address = ${address(1)}`,
      ),
    );
    assert.deepEqual(await found("local"), new Set([address(2)]));
    await close();
  });

  it("name the files that a blob's loss would harm", async () => {
    const { database, close } = await openScene();
    const files = await database.read((reader) =>
      filesOfBlob(reader, "local", `blake3:${sampleHex("blob 2")}`, 10),
    );
    assert.deepEqual(
      files.map((file) => [file.package_id, file.package_status, file.relative_path]),
      [
        [sampleId(2), "finalized", "normalized/000002.json"],
        [sampleId(2), "finalized", "normalized/000003.json"],
      ],
    );
    await close();
  });

  it("sum a backend up, each blob once", async () => {
    const { database, close } = await openScene();
    const totals = await database.read((reader) => backendTotals(reader));
    assert.deepEqual(
      totals.map((row) => ({ ...row })),
      [{ backend_id: "local", live_locations: 3, blobs: 2, size_bytes: 203 }],
    );
    await close();
  });
});
