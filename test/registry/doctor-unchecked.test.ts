import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { it } from "node:test";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { writeFiles } from "../support/open-registry.ts";
import { runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { asSuperuser, testPostgresServer } from "../support/test-postgres.ts";

interface Scene {
  /** A role's name, and the name of the database, which is its test's own. */
  readonly role: string;
  readonly database: string;
  /** `doctor` as that role. */
  doctor(parameters?: Readonly<Record<string, string>>): Promise<{ exitCode: number; report: Report }>;
}

interface Report {
  readonly sound: boolean;
  readonly problem_count: number;
  readonly unchecked: readonly { readonly check: string; readonly code: string }[];
  readonly checks: readonly { readonly check: string; readonly complete: boolean }[];
}

/** A registry with one package, and a role that may read it. */
async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const id = randomUUID().replaceAll("-", "");
  const [database, role, password] = [`doctor_${id}`, `reader_${id}`, "one-of-a-test"];
  await asSuperuser(`CREATE DATABASE ${database} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0`);
  await asSuperuser(`CREATE ROLE ${role} LOGIN PASSWORD '${password}' IN ROLE pg_read_all_data`);
  const url = new URL(testPostgresServer());
  url.pathname = `/${database}`;
  try {
    await withTemporaryDirectory(async (directory) => {
      const run = (address: URL, ...words: string[]) =>
        runCliHere(words, {
          workingDirectory: directory,
          environment: { ARTIFACTSTORE_DATABASE_URL: address.href, ARTIFACTSTORE_ACTOR: "local:tester" },
        });
      writeFiles(join(directory, "source"), { "a.txt": "a" });
      const words = ["--producer", "p", "--subject", "s", "--retention-class", "raw-evidence"];
      const pushed = await run(url, "push", join(directory, "source"), ...words);
      assert.equal(pushed.exitCode, 0, pushed.stderr);
      await work({
        role,
        database,
        async doctor(parameters = {}) {
          const own = new URL(url);
          own.username = role;
          own.password = password;
          for (const [name, value] of Object.entries(parameters)) own.searchParams.set(name, value);
          const { exitCode, stdout } = await run(own, "doctor");
          return { exitCode, report: JSON.parse(stdout) };
        },
      });
    });
  } finally {
    await asSuperuser(`DROP DATABASE ${database} WITH (FORCE)`);
    await asSuperuser(`DROP ROLE ${role}`);
  }
}

function gaps({ unchecked }: Report): string[] {
  return unchecked.map(({ check, code }) => `${check}: ${code}`);
}

describeOnPostgres("doctor on PostgreSQL", () => {
  it("tells what it could not check, and calls it no damage", () =>
    withScene(async ({ database, role, doctor }) => {
      assert.equal((await doctor()).exitCode, 0);
      const readOnly = await doctor({ options: "-c default_transaction_read_only=on" });
      assert.deepEqual([readOnly.exitCode, readOnly.report.sound], [0, true]);

      await asSuperuser(`REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
      const without = await doctor();
      assert.deepEqual([without.exitCode, without.report.sound, without.report.problem_count], [7, false, 0]);
      assert.deepEqual(gaps(without.report), ["database: database_read_only", "views: database_read_only"]);
      const incomplete = without.report.checks.filter(({ complete }) => !complete);
      assert.deepEqual(
        incomplete.map(({ check }) => check),
        ["database", "views"],
      );

      await asSuperuser(`GRANT TEMPORARY ON DATABASE ${database} TO PUBLIC`);
      await asSuperuser(`ALTER ROLE ${role} CONNECTION LIMIT 1`);
      const alone = await doctor();
      assert.deepEqual([alone.exitCode, alone.report.problem_count], [7, 0]);
      assert.deepEqual(gaps(alone.report), ["database: database_busy", "views: database_busy"]);
    }));
});
