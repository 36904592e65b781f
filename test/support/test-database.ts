import { createHash } from "node:crypto";
import { join, sep } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { asSuperuser, schemaUrl } from "./test-postgres.ts";
import { runtime } from "./test-runtime.ts";

/**
 * The database that every suite runs over: SQLite, or PostgreSQL where `ARTIFACTSTORE_TEST_DATABASE=postgres` says so.
 * The runner runs the suites in which the database matters once over each.
 */
export const TEST_DATABASE: "sqlite" | "postgres" =
  process.env["ARTIFACTSTORE_TEST_DATABASE"] === "postgres" ? "postgres" : "sqlite";

/** A registry's database that belongs to a test's directory. */
export interface TestDatabase {
  /** As `ARTIFACTSTORE_DATABASE_URL` takes it. */
  readonly url: string;
  /** A path for SQLite, the URL for PostgreSQL. */
  readonly place: string;
  /** Makes what the program itself never makes: a schema. Asked for any number of times. */
  prepare(): Promise<void>;
  /** Works on it behind the program's back, in the SQL that both understand. */
  tamper(statements: string): Promise<void>;
  /** Removes all that is in it. */
  destroy(): Promise<void>;
}

/** Schemas that were made, by the directory that they belong to. */
const schemas = new Map<string, string>();

/** @param directory below that of `withTemporaryDirectory`, which removes the database with it */
export function databaseOf(directory: string): TestDatabase {
  return TEST_DATABASE === "sqlite" ? sqliteOf(join(directory, "registry.db")) : postgresOf(directory);
}

/** What a test's directory leaves on the server. */
export async function dropDatabasesBelow(directory: string): Promise<void> {
  const below = [...schemas].filter(([owner]) => owner === directory || owner.startsWith(directory + sep));
  for (const [owner, schema] of below) {
    schemas.delete(owner);
    await asSuperuser(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  }
}

/** A test of what only SQLite has, or PostgreSQL; over the other it says so. */
export function itOver(
  database: "sqlite" | "postgres",
  reason: string,
  title: string,
  work: () => void | Promise<void>,
): void {
  if (database === TEST_DATABASE) it(title, work);
  else it(`${title} (skipped: ${reason})`, () => console.log(`skipped over ${TEST_DATABASE}: ${reason}`));
}

function sqliteOf(path: string): TestDatabase {
  return {
    url: `sqlite:${path}`,
    place: path,
    prepare: async () => {},
    async tamper(statements) {
      const connection = runtime.openSqlite(path, { readOnly: false, create: false });
      try {
        connection.exec(statements);
      } finally {
        connection.close();
      }
    },
    async destroy() {
      await removeFiles(path);
    },
  };
}

async function removeFiles(path: string): Promise<void> {
  const { rm } = await import("node:fs/promises");
  for (const suffix of ["", "-wal", "-shm"]) await rm(path + suffix, { force: true });
}

function postgresOf(directory: string): TestDatabase {
  const schema = `test_${createHash("sha256").update(directory).digest("hex").slice(0, 32)}`;
  const url = schemaUrl(schema);
  return {
    url,
    place: url,
    async prepare() {
      schemas.set(directory, schema);
      await asSuperuser(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    },
    async tamper(statements) {
      await asSuperuser(`SET search_path TO ${schema}; ${statements}`);
    },
    async destroy() {
      await asSuperuser(`DROP SCHEMA ${schema} CASCADE; CREATE SCHEMA ${schema}`);
    },
  };
}
