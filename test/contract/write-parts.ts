import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { locationChecks } from "../../src/db/log-tables.ts";
import type { DatabaseWriter, RegistryDatabase, WriteOptions } from "../../src/db/registry-database.ts";
import { writeTogether } from "../../src/db/write-together.ts";
import type { OpenedDatabase } from "../support/open-database.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const COLUMNS = ["location_id", "checked_at", "outcome", "detail"];

async function add(writer: DatabaseWriter, id: string): Promise<void> {
  await writer.insert(locationChecks, COLUMNS, [[id, "t", "ok", null]]);
}

async function ids(database: RegistryDatabase): Promise<string[]> {
  const rows = await database.read((reader) =>
    reader.all<{ location_id: string }>(sql`SELECT location_id FROM ${locationChecks} ORDER BY location_id`),
  );
  return rows.map(({ location_id }) => location_id);
}

interface Watched {
  readonly database: RegistryDatabase;
  /** What each transaction asked for, in order. */
  readonly writes: (WriteOptions | undefined)[];
  /** Lets the transactions that have begun end. */
  release(): void;
}

/** The same database; the first transaction stays open until `release`, so that others come meanwhile. */
function watched(database: RegistryDatabase): Watched {
  const writes: (WriteOptions | undefined)[] = [];
  const released = Promise.withResolvers<void>();
  return {
    writes,
    release: released.resolve,
    database: {
      dialect: database.dialect,
      read: (work) => database.read(work),
      write: (work, options) => {
        writes.push(options);
        return database.write(async (writer) => {
          const result = await work(writer);
          await released.promise;
          return result;
        }, options);
      },
      readBeside: (prefix, work) => database.readBeside(prefix, work),
      nextAppend: (signal, timeoutMs) => database.nextAppend(signal, timeoutMs),
      close: () => database.close(),
    },
  };
}

/** Holds a database to what the seam says of parts of transactions, and what shares one is built on them. */
export function describeWriteParts(name: string, open: () => Promise<OpenedDatabase>): void {
  async function withDatabase(work: (database: RegistryDatabase) => Promise<void>): Promise<void> {
    const { database, close } = await open();
    try {
      await work(database);
    } finally {
      await close();
    }
  }

  describe(`${name} keeps parts of a transaction apart`, () => {
    it("undoes a part that throws, and passes the error on", () =>
      withDatabase(async (database) => {
        const failure = new TypeError("of the caller's own");
        await database.write(async (writer) => {
          await add(writer, "a");
          assert.equal(await writer.savepoint(() => add(writer, "b").then(() => 7)), 7);
          const part = writer.savepoint(async () => {
            await add(writer, "c");
            throw failure;
          });
          await assert.rejects(part, (error) => error === failure);
          await add(writer, "d");
        });
        assert.deepEqual(await ids(database), ["a", "b", "d"]);
      }));

    it("goes on after a statement that failed in a part, nested or not", () =>
      withDatabase(async (database) => {
        await database.write(async (writer) => {
          await writer.savepoint(async () => {
            await add(writer, "a");
            await rejectsWithCode("internal", () =>
              writer.savepoint(async () => {
                await add(writer, "b");
                await add(writer, "b");
              }),
            );
            await add(writer, "c");
          });
        });
        assert.deepEqual(await ids(database), ["a", "c"]);
      }));

    it("keeps nothing of a part whose transaction throws", () =>
      withDatabase(async (database) => {
        const whole = database.write(async (writer) => {
          await writer.savepoint(() => add(writer, "a"));
          throw new TypeError("later");
        });
        await assert.rejects(whole, TypeError);
        assert.deepEqual(await ids(database), []);
      }));
  });

  describe(`${name} lets callers share a transaction`, () => {
    it("who come while another one runs, each with its own answer", () =>
      withDatabase(async (opened) => {
        const { database, writes, release } = watched(opened);
        const answers = Array.from({ length: 20 }, (_, at) =>
          writeTogether(database, async (writer) => {
            await add(writer, `id ${at}`);
            if (at % 5 === 3) throw new RangeError(`no ${at}`);
            return at;
          }),
        );
        release();
        const settled = await Promise.allSettled(answers);
        for (const [at, result] of settled.entries()) {
          if (at % 5 === 3) assert.equal(result.status === "rejected" && result.reason.message, `no ${at}`);
          else assert.equal(result.status === "fulfilled" && result.value, at);
        }
        assert.equal((await ids(database)).length, 16);
        assert.equal(writes.length, 2);
      }));

    it("answers nobody before the commit", () =>
      withDatabase(async (opened) => {
        const { database, release } = watched(opened);
        let answered = 0;
        const worked = Promise.withResolvers<void>();
        const first = writeTogether(database, async (writer) => {
          await add(writer, "a");
          worked.resolve();
        }).then(() => {
          answered += 1;
        });
        await worked.promise;
        await new Promise((resolve) => setTimeout(resolve, 5));
        assert.equal(answered, 0);
        release();
        await first;
        assert.deepEqual(await ids(opened), ["a"]);
      }));

    it("fails all of them when the commit fails, and serves the next", () =>
      withDatabase(async (opened) => {
        let failing = true;
        const database: RegistryDatabase = {
          ...watched(opened).database,
          write: (work) =>
            opened.write(async (writer) => {
              const result = await work(writer);
              if (failing) throw new URIError("the commit failed");
              return result;
            }),
        };
        const answers = ["a", "b", "c"].map((id) => writeTogether(database, (writer) => add(writer, id)));
        for (const result of await Promise.allSettled(answers)) {
          assert.ok(result.status === "rejected" && result.reason instanceof URIError);
        }
        failing = false;
        await Promise.all(["d", "e"].map((id) => writeTogether(database, (writer) => add(writer, id))));
        assert.deepEqual(await ids(opened), ["d", "e"]);
      }));

    it("asks for a durable commit as soon as one of them wants it", () =>
      withDatabase(async (opened) => {
        const { database, writes, release } = watched(opened);
        const passing = (id: string) =>
          writeTogether(database, (writer) => add(writer, id), { isPassing: true });
        const first = passing("a");
        const rest = [passing("b"), writeTogether(database, (writer) => add(writer, "c")), passing("d")];
        release();
        await Promise.all([first, ...rest]);
        assert.deepEqual(
          writes.map((options) => options?.isPassing),
          [true, false],
        );
        assert.deepEqual(await ids(opened), ["a", "b", "c", "d"]);
      }));
  });
}
