import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "../../scripts/project.ts";
import { postgresBinaries } from "../../scripts/services/postgres-binaries.ts";
import { PostgresConnection } from "../../src/db/postgres/postgres-connection.ts";
import { readPostgresTarget } from "../../src/db/postgres/postgres-target.ts";

/** As the settings have them, but for tests that must not hang. Milliseconds. */
export const TEST_TIMEOUTS = {
  connectMs: 60_000,
  statementMs: 60_000,
  lockMs: 60_000,
  idleInTransactionMs: 60_000,
};

/** A schema of a test's own, which is a whole registry's database, and what removes it. */
export interface TestSchema {
  readonly url: string;
  readonly name: string;
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

let server: string | undefined;

/** The URL of a superuser on the server that tests use: the one that the environment names, or our own, started. */
export function testPostgresServer(): string {
  server ??= process.env["ARTIFACTSTORE_TEST_POSTGRES_URL"] ?? startServer();
  return server;
}

/** Waited for, since what needs it has no other moment to. */
function startServer(): string {
  const flags = process.versions["bun"] === undefined ? ["run", "-A", "--no-check"] : [];
  const words = [...flags, join(ROOT, "scripts", "services.ts"), "up"];
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  const url = stdout.startsWith("{") ? JSON.parse(stdout).postgres.url : undefined;
  if (typeof url !== "string") throw new Error(`PostgreSQL did not start: ${stderr}`);
  return url;
}

/** Runs statements as the server's superuser, on a connection of their own. */
export async function asSuperuser(statements: string): Promise<readonly object[]> {
  const connection = await PostgresConnection.open(readPostgresTarget(testPostgresServer()), TEST_TIMEOUTS);
  try {
    return (await connection.script(statements)).rows;
  } finally {
    await connection.close();
  }
}

/** Several schemas of one database are quicker to make than databases, and tests that run at once do not meet. */
export function schemaUrl(name: string): string {
  const url = new URL(testPostgresServer());
  url.searchParams.set("options", `-c search_path=${name}`);
  return url.href;
}

export async function createTestSchema(): Promise<TestSchema> {
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await asSuperuser(`CREATE SCHEMA ${name}`);
  return {
    url: schemaUrl(name),
    name,
    async drop() {
      await asSuperuser(`DROP SCHEMA ${name} CASCADE`);
    },
  };
}
