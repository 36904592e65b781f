import assert from "node:assert/strict";
import { sql } from "drizzle-orm/sql/sql";
import { leases, locationChecks } from "../../src/db/log-tables.ts";
import type { DatabaseReader, RegistryDatabase } from "../../src/db/registry-database.ts";
import { createViewTables } from "../../src/db/view-tables.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

export type Case = (database: RegistryDatabase) => Promise<void>;

const CHECK_COLUMNS = ["location_id", "checked_at", "outcome", "detail"];

/** What every registry database keeps, by name. */
export const REGISTRY_DATABASE_CASES: Readonly<Record<string, Case>> = {
  "keeps what a finished write wrote": async (database) => {
    const answer = await database.write(async (writer) => {
      await addCheck(writer, "a");
      return 7;
    });
    assert.equal(answer, 7);
    assert.deepEqual(await checkIds(database), ["a"]);
  },

  "keeps nothing of a write that throws, and passes the error on": async (database) => {
    const failure = new TypeError("of the caller's own");
    await assert.rejects(
      database.write(async (writer) => {
        await addCheck(writer, "a");
        throw failure;
      }),
      (error) => error === failure,
    );
    assert.deepEqual(await checkIds(database), []);
    await database.write((writer) => addCheck(writer, "b"));
    assert.deepEqual(await checkIds(database), ["b"]);
  },

  "keeps nothing of a write that breaks a constraint": async (database) => {
    await rejectsWithCode("internal", () =>
      database.write(async (writer) => {
        await addCheck(writer, "a");
        await addCheck(writer, "a");
      }),
    );
    assert.deepEqual(await checkIds(database), []);
  },

  "keeps nothing of a write whose deferred constraint fails at the end": async (database) => {
    const { storage_locations } = createViewTables("");
    const columns = ["id", "file_id", "backend_id", "content_address", "object_key", "retrieval_tier"];
    const more = ["verification_state", "deletion_state", "created_at", "last_event_sequence"];
    const row = ["1", "no such file", "local", "x", "y", "hot", "unverified", "live", "z", 1];
    await rejectsWithCode("internal", () =>
      database.write(async (writer) => {
        await addCheck(writer, "a");
        await writer.insert(storage_locations, [...columns, ...more], [row]);
      }),
    );
    assert.deepEqual(await checkIds(database), []);
  },

  "lets writers follow one another": async (database) => {
    await database.write((writer) => addCheck(writer, "counter", "0"));
    const increment = async () => {
      await database.write(async (writer) => {
        const row = await writer.get<{ outcome: string }>(sql`SELECT outcome FROM ${locationChecks}`);
        await new Promise((resolve) => setTimeout(resolve, 0));
        await writer.run(sql`UPDATE ${locationChecks} SET outcome = ${String(Number(row?.outcome) + 1)}`);
      });
    };
    await Promise.all(Array.from({ length: 20 }, increment));
    assert.equal(await database.read((reader) => outcomeOf(reader, "counter")), "20");
  },

  "shows a reader one state throughout": async (database) => {
    await database.write((writer) => addCheck(writer, "a", "old"));
    let written: Promise<unknown> | undefined;
    await database.read(async (reader) => {
      written = database.write((writer) => writer.run(sql`UPDATE ${locationChecks} SET outcome = 'new'`));
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(await outcomeOf(reader, "a"), "old");
    });
    await written;
    assert.equal(await database.read((reader) => outcomeOf(reader, "a")), "new");
  },

  "serves many readers at once": async (database) => {
    await database.write((writer) => addCheck(writer, "a"));
    const reads = Array.from({ length: 12 }, () => checkIds(database));
    for (const ids of await Promise.all(reads)) assert.deepEqual(ids, ["a"]);
  },

  "gives back every kind of value as it was": async (database) => {
    const bytes = new Uint8Array([0, 255, 1, 2]);
    const largest = Number.MAX_SAFE_INTEGER;
    await database.write(async (writer) => {
      await writer.insert(locationChecks, CHECK_COLUMNS, [["a", "t", 'quote " and \u{1f600}', null]]);
      await writer.run(
        sql`INSERT INTO log_tiles (tile, leaf_hashes) VALUES (${largest}, ${new Uint8Array(32)})`,
      );
    });
    await database.read(async (reader) => {
      const row = await reader.get<Record<string, unknown>>(sql`
        SELECT location_id, outcome, detail, ${bytes} AS bytes, 3 AS number FROM ${locationChecks}`);
      assert.equal(row?.["outcome"], 'quote " and \u{1f600}');
      assert.equal(row?.["detail"], null);
      assert.equal(row?.["number"], 3);
      assert.deepEqual(new Uint8Array(row?.["bytes"] as Uint8Array), bytes);
      assert.equal((await reader.get<{ tile: number }>(sql`SELECT tile FROM log_tiles`))?.tile, largest);
    });
  },

  "inserts any number of rows, in order": async (database) => {
    for (const total of [0, 1, 31, 32, 33, 64, 1000]) {
      const rows = Array.from({ length: total }, (_, at) => [
        `${total}-${at}`,
        "t",
        "ok",
        at % 2 ? "x" : null,
      ]);
      await database.write((writer) => writer.insert(locationChecks, CHECK_COLUMNS, rows));
      const found = await database.read((reader) =>
        reader.all<{ location_id: string; detail: string | null }>(sql`
          SELECT location_id, detail FROM ${locationChecks} WHERE location_id LIKE ${`${total}-%`}`),
      );
      const expected = new Map(rows.map(([id, , , detail]) => [id, detail]));
      assert.deepEqual(new Map(found.map((row) => [row.location_id, row.detail])), expected);
    }
  },

  "answers how many rows changed": async (database) => {
    const changed = await database.write(async (writer) => {
      for (const id of ["a", "b", "c"]) await addCheck(writer, id);
      return await writer.run(sql`DELETE FROM ${locationChecks} WHERE location_id <> 'b'`);
    });
    assert.equal(changed, 2);
    const none = (writer: { run: (query: ReturnType<typeof sql>) => Promise<number> }) =>
      writer.run(sql`DELETE FROM ${locationChecks} WHERE location_id = 'a'`);
    assert.equal(await database.write(none), 0);
  },

  "answers undefined where there is no row": async (database) => {
    const row = await database.read((reader) => reader.get(sql`SELECT * FROM ${leases}`));
    assert.equal(row, undefined);
  },

  "refuses a parameter that is no value of a column": async (database) => {
    await rejectsWithCode("internal", () =>
      database.read((reader) => reader.all(sql`SELECT * FROM ${leases} WHERE id = ${undefined}`)),
    );
  },

  "iterates over rows, several loops at once, and may be left early": async (database) => {
    await database.write(async (writer) => {
      for (const id of ["a", "b", "c"]) await addCheck(writer, id);
    });
    const query = sql`SELECT location_id FROM ${locationChecks} ORDER BY location_id`;
    const seen = await database.read(async (reader) => {
      const pairs: string[] = [];
      for await (const outer of reader.iterate<{ location_id: string }>(query)) {
        for await (const inner of reader.iterate<{ location_id: string }>(query)) {
          pairs.push(outer.location_id + inner.location_id);
          if (inner.location_id === "b") break;
        }
      }
      return pairs;
    });
    assert.deepEqual(seen, ["aa", "ab", "ba", "bb", "ca", "cb"]);
    await database.write((writer) => addCheck(writer, "d"));
  },

  "iterates over many rows, and over other columns the next time": async (database) => {
    const rows = Array.from({ length: 1234 }, (_, at) => [`${at}`.padStart(5, "0"), "t", "ok", `d${at}`]);
    await database.write((writer) => writer.insert(locationChecks, CHECK_COLUMNS, rows));
    for (const column of ["location_id", "detail", "location_id"]) {
      const found: unknown[] = [];
      await database.write(async (writer) => {
        const query = sql`SELECT ${sql.identifier(column)} FROM ${locationChecks}
          WHERE location_id >= ${"00010"} ORDER BY location_id`;
        for await (const row of writer.iterate<Record<string, unknown>>(query)) found.push(row[column]);
      });
      const at = CHECK_COLUMNS.indexOf(column);
      assert.deepEqual(
        found,
        rows.slice(10).map((row) => row[at]),
      );
    }
  },

  "orders texts by the bytes of their UTF-8": async (database) => {
    const texts = ["", "B", "a", "é", "\uffee", "\u{10000}", "\u{1f600}"];
    await database.write(async (writer) => {
      for (const text of texts.toReversed()) await addCheck(writer, text);
    });
    assert.deepEqual(await checkIds(database), texts);
  },

  "finds members of JSON by their text": async (database) => {
    const document = {
      text: "a b",
      number: 12.5,
      whole: 3,
      large: 1e21,
      yes: true,
      no: false,
      'quo"te': "q",
      "dot.ted": "d",
      $: "s",
      "": "e",
      "é\\": "u",
      digits: "12",
      word: "true",
    };
    const others = { nothing: null, list: ["a"], inner: { text: "a b" }, "back\\u0000slash": "x" };
    const whole = JSON.stringify({ ...document, ...others });
    await database.write((writer) => addPackage(writer, whole));
    await database.read(async (reader) => {
      const isMember = async (key: string, text: string) => {
        const condition = reader.dialect.jsonMemberIs(sql`metadata`, key, text);
        const row = await reader.get(sql`SELECT id FROM artifact_packages WHERE ${condition}`);
        return row !== undefined;
      };
      for (const [key, value] of Object.entries(document)) {
        assert.equal(await isMember(key, String(value)), true, key);
        assert.equal(await isMember(key, `${value} `), false, key);
      }
      assert.equal(await isMember("back\\u0000slash", "x"), true);
      for (const [key, text] of [
        ["absent", ""],
        ["nothing", "null"],
        ["list", "a"],
        ["inner", "a b"],
        ["number", "12.50"],
        ["whole", "3.0"],
        ["text", "A B"],
        ["text", "a\0b"],
      ] as const) {
        assert.equal(await isMember(key, text), false, key);
      }
    });
  },

  "locks rows by a fragment that it understands": async (database) => {
    await database.write(async (writer) => {
      assert.equal((await writer.all(sql`SELECT * FROM log_head ${writer.dialect.forUpdate}`)).length, 1);
    });
  },

  "has a set of empty views beside a snapshot, for one reader and one time": async (database) => {
    const { metadata_schemas } = createViewTables("beside_");
    const columns = ["slug", "digest", "json_schema", "registered_at", "last_event_sequence"];
    for (const _ of [1, 2]) {
      const total = await database.readBeside("beside_", async (reader, scratch) => {
        await scratch.insert(metadata_schemas, columns, [["s", "d", "{}", "t", 1]]);
        const joined = await reader.get<{ beside: number; live: number }>(sql`
          SELECT (SELECT count(*) FROM ${metadata_schemas}) AS beside,
            (SELECT count(*) FROM metadata_schemas) AS live`);
        assert.equal(joined?.live, 0);
        return joined?.beside;
      });
      assert.equal(total, 1);
    }
    await rejectsWithCode("internal", () =>
      database.readBeside("beside_", async (_, scratch) => {
        for (const _ of [1, 2]) await scratch.insert(metadata_schemas, columns, [["s", "d", "{}", "t", 1]]);
      }),
    );
    await rejectsWithCode("internal", () =>
      database.read((reader) => reader.all(sql`SELECT * FROM ${metadata_schemas}`)),
    );
  },

  "is of no use once it is closed, and closes twice": async (database) => {
    await database.close();
    await database.close();
    await rejectsWithCode("internal", () => database.read(async () => 1));
    await rejectsWithCode("internal", () => database.write(async () => 1));
  },
};

async function addCheck(
  writer: Parameters<Parameters<RegistryDatabase["write"]>[0]>[0],
  id: string,
  outcome = "ok",
): Promise<void> {
  await writer.insert(locationChecks, CHECK_COLUMNS, [[id, "t", outcome, null]]);
}

async function addPackage(
  writer: Parameters<Parameters<RegistryDatabase["write"]>[0]>[0],
  metadata: string,
): Promise<void> {
  const { artifact_packages } = createViewTables("");
  const texts = { id: "p", name: "n", producer: "p", subject: "s", retention_class: "r", provenance: "{}" };
  const numbers = { created_event_sequence: 1, file_count: 0, total_size_bytes: 0, last_event_sequence: 1 };
  const row = { ...texts, ...numbers, metadata, status: "created", created_at: "t" };
  await writer.insert(artifact_packages, Object.keys(row), [Object.values(row)]);
}

async function checkIds(database: RegistryDatabase): Promise<string[]> {
  const rows = await database.read((reader) =>
    reader.all<{ location_id: string }>(sql`SELECT location_id FROM ${locationChecks} ORDER BY location_id`),
  );
  return rows.map((row) => row.location_id);
}

async function outcomeOf(reader: DatabaseReader, id: string): Promise<string | undefined> {
  const row = await reader.get<{ outcome: string }>(
    sql`SELECT outcome FROM ${locationChecks} WHERE location_id = ${id}`,
  );
  return row?.outcome;
}
