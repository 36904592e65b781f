import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { portableBlake3 } from "../../src/core/digest.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { openTestRegistry, requestFor, testRegistryDatabase, writeFiles } from "../support/open-registry.ts";
import { type CliResult, runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { itOver, TEST_DATABASE, type TestDatabase } from "../support/test-database.ts";
import { runtime } from "../support/test-runtime.ts";

const LARGE = new Uint8Array(100_000).fill(9);
const ORPHAN = new TextEncoder().encode("nobody knows me");

interface Home {
  readonly directory: string;
  readonly database: TestDatabase;
  readonly store: string;
  doctor(...flags: string[]): Promise<CliResult & { readonly report: Report }>;
}

interface Unreferenced {
  readonly count: number;
  readonly removable: number;
}

interface Removed {
  readonly blobs: number;
  readonly leftovers: number;
  readonly not_removed: readonly { readonly code: string }[];
}

interface Report {
  readonly sound: boolean;
  readonly problem_count: number;
  readonly problems: readonly { readonly check: string; readonly code: string; readonly path?: string }[];
  readonly information: {
    readonly unfinished_packages: number;
    readonly backends: Record<string, { readonly orphans: Unreferenced; readonly leftovers: Unreferenced }>;
  };
  readonly made_indexes?: readonly string[];
  readonly reclaimed?: Record<string, Removed> | null;
}

/** A registry with one package of two files, closed again. */
async function withHome(
  work: (home: Home) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withTemporaryDirectory(async (parent) => {
    const directory = join(parent, "home");
    writeFiles(join(parent, "source"), { "large.bin": LARGE, "small.txt": "small" });
    const opened = await openTestRegistry(directory);
    await registerPackage(opened.registry, await requestFor(join(parent, "source")));
    await opened.close();
    const database = testRegistryDatabase(directory);
    const environment: Record<string, string> = { ARTIFACTSTORE_DATABASE_URL: database.url };
    for (const [name, value] of Object.entries(variables)) environment[`ARTIFACTSTORE_${name}`] = value;
    await work({
      directory,
      database,
      store: join(directory, "var", "storage"),
      async doctor(...flags) {
        const result = await runCliHere(["doctor", ...flags], { workingDirectory: directory, environment });
        const report = JSON.parse(result.stdout === "" ? "null" : result.stdout) as Report;
        return { ...result, report };
      },
    });
  });
}

/** What an ingest leaves behind that is cut off: a blob and a temporary file that nothing refers to. */
function leaveBehind({ store }: Home): void {
  const address = contentAddress(portableBlake3.hash(ORPHAN));
  writeFiles(store, { [objectKey(address)]: ORPHAN, "tmp/leftover": "half of something" });
}

/** Overwrites the first page of a table. */
function destroyTable(path: string, table: string): void {
  const connection = runtime.openSqlite(path, { readOnly: false, create: false });
  const query = `SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = '${table}'`;
  const { rootpage, page_size: pageSize } = connection.prepare(query).get([]) ?? {};
  connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  connection.close();
  assert.ok(typeof rootpage === "number" && typeof pageSize === "number");
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, new Uint8Array(pageSize).fill(0xa5), 0, pageSize, (rootpage - 1) * pageSize);
  closeSync(descriptor);
}

describe("doctor", () => {
  it("says that a registry is sound", async () => {
    await withHome(async ({ doctor }) => {
      for (const flags of [[], ["--deep"], ["--fix"]]) {
        const { exitCode, report, stderr } = await doctor(...flags);
        assert.equal(exitCode, 0);
        assert.deepEqual([report.sound, report.problem_count, report.problems], [true, 0, []]);
        assert.match(stderr, /^sound$/m);
      }
      assert.equal((await doctor("--json")).stderr, "");
    });
  });

  it("calls what an interrupted ingest leaves behind information", async () => {
    await withHome(async (home) => {
      leaveBehind(home);
      const { exitCode, report } = await home.doctor();
      assert.equal(exitCode, 0);
      assert.equal(report.sound, true);
      const { orphans, leftovers } = report.information.backends["local"] ?? {};
      assert.deepEqual([orphans?.count, orphans?.removable], [1, 0]);
      assert.deepEqual([leftovers?.count, leftovers?.removable], [1, 0]);
      const fixed = await home.doctor("--fix");
      assert.deepEqual([fixed.report.reclaimed?.["local"]?.blobs, fixed.exitCode], [0, 0]);
    });
  });

  it("removes it with --fix once it is past the grace", async () => {
    await withHome(
      async (home) => {
        leaveBehind(home);
        const { exitCode, report } = await home.doctor("--fix");
        assert.equal(exitCode, 0);
        assert.equal(report.reclaimed?.["local"]?.blobs, 1);
        assert.equal(report.reclaimed?.["local"]?.leftovers, 1);
        const after = (await home.doctor("--deep")).report;
        assert.equal(after.sound, true);
        assert.equal(after.information.backends["local"]?.orphans.count, 0);
      },
      { ORPHAN_GRACE_SECONDS: "0" },
    );
  });

  it("removes nothing while the views are wrong: what they do not name may still be named by the log", async () => {
    await withHome(
      async (home) => {
        await home.database.tamper("DELETE FROM storage_locations");
        const { exitCode, report } = await home.doctor("--fix");
        assert.equal(exitCode, 5);
        assert.deepEqual([...new Set(report.problems.map(({ check }) => check))], ["views"]);
        assert.equal(report.reclaimed, null);
        assert.equal(report.information.backends["local"]?.orphans.removable, 2);
        // The large one is a file of its own.
        const plain = readdirSync(join(home.store, "blake3"));
        assert.equal(plain.length, 1);
      },
      { ORPHAN_GRACE_SECONDS: "0" },
    );
  });

  it("reads bytes only with --deep", async () => {
    await withHome(async (home) => {
      const path = join(home.store, objectKey(contentAddress(portableBlake3.hash(LARGE))));
      assert.ok(existsSync(path));
      rmSync(path);
      writeFileSync(path, new Uint8Array(LARGE.length));
      assert.equal((await home.doctor()).exitCode, 0);
      const { exitCode, report } = await home.doctor("--deep");
      assert.equal(exitCode, 5);
      assert.deepEqual(
        report.problems.map(({ code, path: file }) => [code, file]),
        [["blob_damaged", "large.bin"]],
      );
    });
  });

  it("names every file of a store that is gone, and makes no new one", async () => {
    await withHome(async (home) => {
      rmSync(home.store, { recursive: true });
      const { exitCode, report } = await home.doctor();
      assert.equal(exitCode, 5);
      assert.deepEqual(report.problems.map(({ path }) => path).sort(), ["large.bin", "small.txt"]);
      assert.equal(existsSync(home.store), false);
    });
  });

  it("calls a store that is another registry's, or nobody's, a problem, and fixes nothing there", async () => {
    await withHome(async (home) => {
      const marker = join(home.store, "store.json");
      rmSync(marker);
      assert.deepEqual(
        (await home.doctor()).report.problems.map(({ code }) => code),
        ["store_unowned"],
      );
      assert.equal((await home.doctor("--fix")).exitCode, 4);
      writeFileSync(marker, "{");
      assert.deepEqual(
        (await home.doctor()).report.problems.map(({ code }) => code),
        ["store_damaged"],
      );
    });
  });

  const ofServer = "a server keeps its own files";
  itOver(
    "sqlite",
    ofServer,
    "answers for a database that is damaged, in part or beyond opening",
    async () => {
      await withHome(async (home) => {
        destroyTable(home.database.place, "artifact_files");
        const part = await home.doctor();
        assert.equal(part.exitCode, 5);
        assert.equal(part.report.problems[0]?.code, "database_corrupt");
        writeFileSync(home.database.place, "this is no database, but it is not empty either");
        const whole = await home.doctor("--fix");
        assert.equal(whole.exitCode, 5);
        assert.deepEqual([whole.report.sound, whole.report.reclaimed], [false, null]);
        assert.deepEqual(
          whole.report.problems.map(({ code }) => code),
          ["database_corrupt"],
        );
      });
    },
  );

  it("prints its answer for a container that is destroyed, and removes what it can", async () => {
    await withHome(
      async (home) => {
        leaveBehind(home);
        for (const suffix of ["-wal", "-shm"]) rmSync(join(home.store, `small.db${suffix}`), { force: true });
        writeFileSync(join(home.store, "small.db"), "junk ".repeat(5000));
        const { exitCode, report } = await home.doctor("--fix");
        assert.equal(exitCode, 5);
        assert.ok(report.problems.some(({ path }) => path === "small.txt"));
        const { leftovers, not_removed: stays } = report.reclaimed?.["local"] ?? {};
        assert.equal(leftovers, 1);
        assert.deepEqual(
          stays?.map(({ code }) => code),
          ["store_damaged"],
        );
      },
      { ORPHAN_GRACE_SECONDS: "0" },
    );
  });

  it("finds what was done to the database's own schema, and makes lost indexes again with --fix", async () => {
    await withHome(
      async (home) => {
        leaveBehind(home);
        await home.database.tamper("DROP INDEX events_subject; DROP INDEX artifact_files_path; ANALYZE");
        const lost = await home.doctor();
        assert.equal(lost.exitCode, 5);
        assert.deepEqual(
          lost.report.problems.map(({ check, code }) => [check, code]),
          Array.from({ length: 2 }, () => ["database", "database_corrupt"]),
        );
        const fixed = await home.doctor("--fix");
        assert.equal(fixed.exitCode, 0);
        assert.deepEqual(fixed.report.made_indexes, ["artifact_files_path", "events_subject"]);
        assert.equal(fixed.report.reclaimed?.["local"]?.blobs, 1);
        assert.equal((await home.doctor()).exitCode, 0);
      },
      { ORPHAN_GRACE_SECONDS: "0" },
    );
  });

  it("mends nothing else of the schema", async () => {
    for (const statements of [
      TEST_DATABASE === "sqlite"
        ? "CREATE TRIGGER replay_run AFTER INSERT ON events BEGIN DELETE FROM leases; END"
        : "CREATE TRIGGER replay_run AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION log_appended()",
      "ALTER TABLE leases ADD COLUMN more TEXT",
      "DROP TABLE location_checks",
      "CREATE TABLE somebody_elses (x TEXT)",
      "DROP INDEX events_subject; CREATE INDEX events_subject ON events (actor)",
      "DROP INDEX artifact_files_path; UPDATE artifact_files SET relative_path = 'same'",
    ]) {
      await withHome(async (home) => {
        await home.database.tamper(statements);
        const { exitCode, report } = await home.doctor("--fix");
        assert.equal(exitCode, 5, statements);
        assert.deepEqual([report.made_indexes, report.reclaimed], [[], null]);
        const found = report.problems.filter(({ check }) => check === "database");
        assert.deepEqual(
          found.map(({ code }) => code),
          ["database_corrupt"],
          statements,
        );
      });
    }
  });

  it("takes the remains of a replay that was killed for nothing wrong", async () => {
    await withHome(async (home) => {
      await home.database.tamper(
        `CREATE TABLE replay_retention_classes AS SELECT * FROM retention_classes;
        CREATE UNIQUE INDEX replay_retention_classes_key ON replay_retention_classes (name);
        CREATE TABLE replay_run (run_id TEXT NOT NULL)`,
      );
      assert.equal((await home.doctor()).exitCode, 0);
    });
  });

  it("makes no registry where there is none", async () => {
    await withTemporaryDirectory(async (directory) => {
      for (const flags of [[], ["--fix"]]) {
        const { exitCode, stdout } = await runCliHere(["doctor", ...flags], { workingDirectory: directory });
        assert.equal(exitCode, 3);
        assert.equal(stdout, "");
      }
      assert.deepEqual(readdirSync(directory), []);
    });
  });
});
