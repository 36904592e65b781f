import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RegistryDatabase } from "../../src/db/registry-database.ts";
import { readLogHead } from "../../src/log/log-head.ts";
import { record, schemaRegisteredDraft } from "../support/log-scene.ts";

export interface NextAppendContract {
  /** One empty registry's database, opened so many times: as other processes would. */
  open(times: number): Promise<{ readonly databases: readonly RegistryDatabase[]; close(): Promise<void> }>;
  /** How many times it can be opened. */
  readonly timesMax: number;
}

/** Far longer than a test may take: what resolves has been told. */
const LONG_MS = 600_000;

/** Holds a database to what `src/db/registry-database.ts` says of `nextAppend`. */
export function describeNextAppend(name: string, contract: NextAppendContract): void {
  const times = Math.min(3, contract.timesMax);

  async function withDatabases(
    work: (databases: readonly RegistryDatabase[]) => Promise<void>,
  ): Promise<void> {
    const { databases, close } = await contract.open(times);
    try {
      await work(databases);
    } finally {
      await close();
    }
  }

  describe(`${name} tells of what is appended`, () => {
    it("by whatever connection, to each who waits", () =>
      withDatabases(async (databases) => {
        const { signal } = new AbortController();
        let appended = 0;
        for (const writer of databases) {
          const wanted = ++appended;
          const seen = databases.map(async (database) => {
            for (;;) {
              const next = database.nextAppend(signal, LONG_MS);
              if ((await database.read(readLogHead)).sequence >= wanted) return;
              await next;
            }
          });
          await record(writer, [schemaRegisteredDraft(`tests.v${wanted}`)]);
          await Promise.all(seen);
        }
      }));

    it("without missing any, however quickly they come", () =>
      withDatabases(async (databases) => {
        const [reader] = databases;
        const writer = databases.at(-1);
        assert.ok(reader !== undefined && writer !== undefined);
        const total = 200;
        const writing = (async () => {
          for (let at = 1; at <= total; at++) await record(writer, [schemaRegisteredDraft(`tests.v${at}`)]);
        })();
        const { signal } = new AbortController();
        for (let sequence = 0; sequence < total; ) {
          const next = reader.nextAppend(signal, LONG_MS);
          const found = (await reader.read(readLogHead)).sequence;
          if (found === sequence) await next;
          sequence = found;
        }
        await writing;
      }));

    it("or ends: at its time, by a signal, and with the database", () =>
      withDatabases(async ([database]) => {
        assert.ok(database !== undefined);
        const { signal } = new AbortController();
        for (let round = 0; round < 3; round++) await database.nextAppend(signal, 1);
        const controller = new AbortController();
        const aborted = Promise.all([1, 2].map(() => database.nextAppend(controller.signal, LONG_MS)));
        controller.abort();
        await aborted;
        await database.nextAppend(AbortSignal.abort(), LONG_MS);
        const waiting = database.nextAppend(signal, LONG_MS);
        await database.close();
        await waiting;
      }));
  });
}
