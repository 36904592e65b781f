import { randomUUID } from "node:crypto";
import process from "node:process";
import postgres from "postgres";
import { postgresBinaries } from "../../scripts/services/postgres-binaries.ts";
import { upPostgres } from "../../scripts/services/postgres-service.ts";

/** As the settings have them, but for tests that must not hang. */
export const TEST_TIMEOUTS = {
  connectMs: 10_000,
  statementMs: 60_000,
  lockMs: 60_000,
  idleInTransactionMs: 60_000,
};

/** A database of a test's own, and what removes it. */
export interface TestPostgresDatabase {
  readonly url: string;
  readonly schema: string;
  drop(): Promise<void>;
}

/** Why there is no PostgreSQL to test with; `undefined` where there is. Under `CI=true` that is a failure. */
export function postgresMissing(): string | undefined {
  if (process.env["ARTIFACTSTORE_TEST_POSTGRES_URL"] !== undefined) return undefined;
  if (postgresBinaries() !== undefined) return undefined;
  const reason = "PostgreSQL 15 or later is not installed, and ARTIFACTSTORE_TEST_POSTGRES_URL is not set";
  if (process.env["CI"] === "true") throw new Error(reason);
  return reason;
}

let server: Promise<string> | undefined;

/** The URL of a superuser on the server that tests use: the one that the environment names, or our own, started. */
export function testPostgresServer(): Promise<string> {
  server ??= startServer();
  return server;
}

async function startServer(): Promise<string> {
  const given = process.env["ARTIFACTSTORE_TEST_POSTGRES_URL"];
  if (given !== undefined) return given;
  const { url } = await upPostgres();
  if (url === undefined) throw new Error("PostgreSQL did not start");
  return url;
}

/** Runs a statement outside any transaction, as the server's superuser. */
export async function asSuperuser(statement: string, url?: string): Promise<readonly object[]> {
  const sql = postgres(url ?? (await testPostgresServer()), {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
  });
  try {
    return Array.from(await sql.unsafe(statement));
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * An empty schema, which is a whole registry's database: quicker to make than a database of the server's, and tests
 * that run at once do not meet in it.
 */
export async function createTestPostgres(): Promise<TestPostgresDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(`CREATE SCHEMA ${name}`);
  const url = new URL(await testPostgresServer());
  url.searchParams.set("options", `-c search_path=${name}`);
  return {
    url: url.href,
    schema: name,
    async drop() {
      await asSuperuser(`DROP SCHEMA ${name} CASCADE`);
    },
  };
}
