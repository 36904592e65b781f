import { createHash, randomUUID } from "node:crypto";
import process from "node:process";
import postgres from "postgres";
import { postgresBinaries } from "../../scripts/services/postgres-binaries.ts";
import { upPostgres } from "../../scripts/services/postgres-service.ts";
import { postgresMigrations } from "../../src/db/postgres/migrations/migrations.ts";
import { openPostgresDatabase } from "../../src/db/postgres/open-postgres-database.ts";

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

/** An empty database: nobody has migrated it. */
export function createEmptyPostgres(): Promise<TestPostgresDatabase> {
  return createFrom("template0");
}

/** A migrated, empty database: a copy of one that is made once for a server, which is quicker than to migrate. */
export async function createTestPostgres(): Promise<TestPostgresDatabase> {
  template ??= ensureTemplate();
  return await createFrom(await template);
}

let template: Promise<string> | undefined;

async function createFrom(source: string): Promise<TestPostgresDatabase> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(`CREATE DATABASE ${name} TEMPLATE ${source}`);
  return {
    url: databaseUrl(await testPostgresServer(), name),
    async drop() {
      await asSuperuser(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** Under a name of its own first: a template that is there is whole. */
async function ensureTemplate(): Promise<string> {
  const digest = createHash("sha256").update(JSON.stringify(postgresMigrations)).digest("hex").slice(0, 16);
  const name = `registry_${digest}`;
  const found = await asSuperuser(`SELECT 1 FROM pg_database WHERE datname = '${name}'`);
  if (found.length > 0) return name;
  const made = await createFrom("template0");
  const database = await openPostgresDatabase({
    ...{ url: made.url, mode: "write", connectionsMax: 2 },
    ...{ timeouts: TEST_TIMEOUTS, clock: () => 0 },
  });
  await database.close();
  const madeName = new URL(made.url).pathname.slice(1);
  try {
    await asSuperuser(`ALTER DATABASE ${madeName} RENAME TO ${name}`);
  } catch {
    // Another process was first.
    await made.drop();
  }
  return name;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
