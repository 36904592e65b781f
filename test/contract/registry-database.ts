import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import type { OpenedDatabase } from "../support/open-database.ts";
import { REGISTRY_DATABASE_CASES as CASES } from "./registry-database-cases.ts";

export interface RegistryDatabaseContract {
  /** A migrated, empty database, and what gives its resources back. */
  open(): Promise<OpenedDatabase>;
  /** Cases that this database cannot keep, each with the reason. A name that is no case is an error. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Holds a database to the guarantees of `src/db/registry-database.ts`. */
export function describeRegistryDatabase(name: string, contract: RegistryDatabaseContract): void {
  const { open, skip = {} } = contract;
  for (const [skipped, reason] of Object.entries(skip)) {
    if (!Object.hasOwn(CASES, skipped)) throw new Error(`${name} skips "${skipped}", which is no case`);
    if (reason === "") throw new Error(`${name} skips "${skipped}" without a reason`);
  }
  describe(`${name} is a registry database`, () => {
    for (const [title, check] of Object.entries(CASES)) {
      const reason = skip[title];
      if (reason !== undefined) {
        it(`${title} (skipped: ${reason})`, () => console.log(`skipped: ${name}: ${title}: ${reason}`));
        continue;
      }
      it(title, async () => {
        const { database, close } = await open();
        try {
          await check(database);
        } finally {
          await close();
        }
      });
    }
    it("reports a database error as an error of ours, with its cause", async () => {
      const { database, close } = await open();
      try {
        await assert.rejects(
          database.read((reader) => reader.all(sql`SELECT nonsense FROM nowhere`)),
          (error) => error instanceof ArtifactstoreError && error.cause !== undefined,
        );
      } finally {
        await close();
      }
    });
  });
}
