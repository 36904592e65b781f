import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { contentAddress } from "../../src/core/content-address.ts";
import { project } from "../../src/views/project.ts";
import {
  fileById,
  fileByPath,
  filePages,
  filesBetween,
  filesOfPackage,
} from "../../src/views/query-files.ts";
import { livePackageByExternalId, packageById } from "../../src/views/query-packages.ts";
import { retentionOfPackage } from "../../src/views/query-retention.ts";
import { listMetadataSchemas, metadataSchemaBySlug } from "../../src/views/query-schemas.ts";
import {
  abandonedDraft,
  createdDraft,
  defaultAppliedDraft,
  finalizedDraft,
  ingestedDraft,
  locationAddedDraft,
  locationOf,
  packageDrafts,
  record,
  sampleHex,
  sampleId,
  schemaRegisteredDraft,
} from "../support/log-scene.ts";
import { openTestDatabase } from "../support/open-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const TIME = "2026-05-08T16:43:34.000Z";

describe("the projection", () => {
  it("makes a package of its events", async () => {
    const { database, close } = await openTestDatabase();
    const id = sampleId(1);
    const schema = { slug: "guide-board.run.v1", digest: `blake3:${sampleHex("schema")}` };
    await record(database, [
      createdDraft(id, { external_id: "run-1", metadata_schema: schema }),
      defaultAppliedDraft(id),
    ]);
    await record(database, [ingestedDraft(id, 1), ingestedDraft(id, 2)]);
    const events = await record(database, [finalizedDraft(id)]);
    const row = await database.read((reader) => packageById(reader, id));
    assert.deepEqual(
      { ...row },
      {
        id,
        name: "run-1",
        producer: "guide-board",
        subject: "kontextual-cmis-compat",
        external_id: "run-1",
        retention_class: "release-evidence",
        metadata_schema_slug: schema.slug,
        metadata_schema_digest: schema.digest,
        metadata: '{"count":3,"passed":true,"quo\\"te":"é","run_id":"run-1"}',
        provenance: '{"source_commits":{}}',
        status: "finalized",
        created_at: TIME,
        created_event_sequence: 1,
        finalized_at: TIME,
        manifest_digest: contentAddress(events[0]?.payload_digest ?? new Uint8Array()),
        abandoned_at: null,
        abandoned_reason: null,
        file_count: 2,
        total_size_bytes: 203,
        last_event_sequence: 5,
      },
    );
    assert.deepEqual(
      { ...(await database.read((reader) => retentionOfPackage(reader, id))) },
      {
        package_id: id,
        retention_class: "release-evidence",
        duration_seconds: 220_752_000,
        current_expires_at: "2033-05-06T16:43:34.000Z",
        eligible_for_deletion: 0,
        marked_at: null,
        last_event_sequence: 2,
      },
    );
    await close();
  });

  it("makes a file and its locations of its event", async () => {
    const { database, close } = await openTestDatabase();
    const id = sampleId(1);
    const fileId = sampleId(1_000_001);
    const hex = sampleHex("blob 1");
    const locations = [locationOf(fileId, hex, "local"), locationOf(fileId, hex, "ceph-b")];
    await record(database, [
      createdDraft(id),
      ingestedDraft(id, 1, { locations, annotations: { b: 1, a: [true] } }),
    ]);
    const file = await database.read((reader) => fileById(reader, fileId));
    assert.deepEqual(
      { ...file },
      {
        id: fileId,
        package_id: id,
        relative_path: "normalized/000001.json",
        media_type: "application/json",
        size_bytes: 101,
        digest_algorithm: "blake3",
        digest_primary: hex,
        digest_sha256: sampleHex("sha 1"),
        content_address: `blake3:${hex}`,
        annotations: '{"a":[true],"b":1}',
        event_sequence: 2,
      },
    );
    const pages = await database.read((reader) => Array.fromAsync(filePages(reader, id)));
    const [found, ...others] = pages.flat();
    assert.equal(others.length, 0);
    assert.deepEqual(
      found?.locations.map((row) => [
        row.backend_id,
        row.id,
        row.object_key,
        row.deletion_state,
        row.retrieval_tier,
      ]),
      [
        ["ceph-b", locations[1]?.["location_id"], locations[1]?.["object_key"], "live", "hot"],
        ["local", locations[0]?.["location_id"], locations[0]?.["object_key"], "live", "hot"],
      ],
    );
    await close();
  });

  it("forgets the verdict on a location that is stored again", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, packageDrafts(sampleId(1), 1, 2));
    await database.write((writer) =>
      writer.run(sql`
        UPDATE storage_locations SET verification_state = 'missing', verified_at = 'x', deletion_state = 'deleted'`),
    );
    await record(database, [locationAddedDraft(sampleId(1), 1, "local", "restored")]);
    const rows = await database.read((reader) =>
      reader.all<Record<string, unknown>>(sql`
        SELECT verification_state, verified_at, deletion_state, last_event_sequence, created_at
        FROM storage_locations ORDER BY file_id`),
    );
    assert.deepEqual(
      rows.map((row) => Object.values(row)),
      [
        ["unverified", null, "live", 6, TIME],
        ["missing", "x", "deleted", 4, TIME],
      ],
    );
    await close();
  });

  it("frees the external id of an abandoned package, and gives it to the first of several", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [createdDraft(sampleId(1), { external_id: "run-1" })]);
    await record(database, [createdDraft(sampleId(4), { external_id: "run-1" })]);
    const holder = () => database.read((reader) => livePackageByExternalId(reader, "guide-board", "run-1"));
    assert.equal((await holder())?.id, sampleId(1));
    await record(database, [createdDraft(sampleId(3), { external_id: "run-1", producer: "another" })]);
    await record(database, [abandonedDraft(sampleId(1), "why")]);
    assert.equal((await holder())?.id, sampleId(4));
    const row = await database.read((reader) => packageById(reader, sampleId(1)));
    assert.deepEqual([row?.status, row?.abandoned_at, row?.abandoned_reason], ["abandoned", TIME, "why"]);
    await close();
  });

  it("remembers the last duration of a retention class", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [createdDraft(sampleId(1)), defaultAppliedDraft(sampleId(1))]);
    const changed = defaultAppliedDraft(sampleId(2), { duration_seconds: 60 });
    await record(database, [createdDraft(sampleId(2)), changed]);
    const rows = await database.read((reader) => reader.all<object>(sql`SELECT * FROM retention_classes`));
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ name: "release-evidence", default_duration_seconds: 60, last_event_sequence: 4 }],
    );
    await close();
  });

  it("keeps metadata schemas", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [schemaRegisteredDraft("b"), schemaRegisteredDraft("a")]);
    await database.read(async (reader) => {
      const row = await metadataSchemaBySlug(reader, "b");
      assert.equal(
        row?.json_schema,
        '{"properties":{"run_id":{"type":"string"}},"required":["run_id"],"type":"object"}',
      );
      assert.equal(row?.registered_at, TIME);
      const slugs = async (after?: string) =>
        (await listMetadataSchemas(reader, { limit: 5, ...(after === undefined ? {} : { after }) })).map(
          (each) => each.slug,
        );
      assert.deepEqual(await slugs(), ["a", "b"]);
      assert.deepEqual(await slugs("a"), ["b"]);
      assert.equal(await metadataSchemaBySlug(reader, "c"), undefined);
    });
    await close();
  });

  it("refuses payloads of the wrong shape, naming the event", async () => {
    const { database, close } = await openTestDatabase();
    await record(database, [createdDraft(sampleId(1))]);
    for (const wrong of [
      { size_bytes: "100" },
      { size_bytes: 1.5 },
      { path: 7 },
      { locations: {} },
      { locations: ["local"] },
      { locations: [{ location_id: "x" }] },
      { annotations: [] },
    ]) {
      const error = await rejectsWithCode("log_damaged", () =>
        record(database, [ingestedDraft(sampleId(1), 1, wrong)]),
      );
      assert.match(error.message, /event 2 /);
    }
    await close();
  });

  it("passes over types that it does not know", async () => {
    const { database, close } = await openTestDatabase();
    const [known] = await record(database, [createdDraft(sampleId(1))]);
    assert.ok(known);
    const unknown = { ...known, event_type: "v2.package.created", subject_id: sampleId(2) };
    const passedOver = await database.write((writer) => project(writer, [unknown, unknown]));
    assert.deepEqual([...passedOver], [["v2.package.created", 2]]);
    assert.equal(await database.read((reader) => packageById(reader, sampleId(2))), undefined);
    await close();
  });
});

describe("queries on files", () => {
  it("give the files of a package in path order, by pages", async () => {
    const { database, close } = await openTestDatabase();
    const id = sampleId(1);
    const paths = ["a", "a/b", "a0", "B", "é", "\uffee", "\u{1f600}"];
    await record(database, [
      createdDraft(id),
      ...paths.map((path, at) => ingestedDraft(id, at, { path })),
      createdDraft(sampleId(2)),
      ingestedDraft(sampleId(2), 100, { path: "a" }),
    ]);
    const sorted = ["B", "a", "a/b", "a0", "é", "\uffee", "\u{1f600}"];
    await database.read(async (reader) => {
      const all = await filesOfPackage(reader, id);
      assert.deepEqual(
        all.map((file) => file.relative_path),
        sorted,
      );
      const seen: string[] = [];
      for await (const page of filePages(reader, id, 3)) {
        assert.ok(page.length <= 3);
        assert.ok(page.every((file) => file.locations.length === 1));
        seen.push(...page.map((file) => file.relative_path));
      }
      assert.deepEqual(seen, sorted);
      const between = await filesBetween(reader, id, "a", "a0");
      assert.deepEqual(
        between.map((file) => file.relative_path),
        ["a", "a/b", "a0"],
      );
      assert.equal((await fileByPath(reader, sampleId(2), "a"))?.id, sampleId(1_000_100));
      assert.equal(await fileByPath(reader, id, "absent"), undefined);
    });
    await close();
  });
});
