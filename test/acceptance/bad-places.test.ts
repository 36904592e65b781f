import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { whyWithout } from "../support/external-tools.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { whyNoMounts, withReadOnly, withTmpfs } from "../support/mounted.ts";
import { runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const noMounts = whyNoMounts();
const PLAIN_ONLY = { ARTIFACTSTORE_STORAGE_LOCAL_PACK_MAX_BYTES: "0" };

function writeRun(directory: string, extraFiles = 0, fileSizeBytes = 4096): string {
  const run = join(directory, "run");
  writeGuideBoardRun(run, { extraFiles, fileSizeBytes });
  return run;
}

describeOnBinary("a disk that is full", () => {
  for (const [what, environment] of [
    ["plain files", PLAIN_ONLY],
    ["the container", {}],
  ] as const) {
    it(`is told, and a rerun on a larger one completes (${what})`, { skip: noMounts }, () =>
      withTemporaryDirectory(async (directory) => {
        const run = writeRun(directory, 60, 60_000);
        const expected = await new Installation(join(directory, "other")).ingest(run);
        const storeRoot = join(directory, "store");
        mkdirSync(storeRoot);
        await withTmpfs(storeRoot, 2 * MIB, async ({ behind }) => {
          const installation = new Installation(directory, { storeRoot, environment });
          await installation.refuses("storage_full", ["guide-board", "ingest", run], { behind });
          assert.equal(await installation.finalizedCount(), 0);
          const [command = "", ...args] = behind;
          execFileSync(command, [...args, "mount", "-o", "remount,size=64m", storeRoot]);
          const again = ["guide-board", "ingest", run, "--quiet"];
          const ingested = await installation.json<{ manifest_digest: string }>(again, { behind });
          assert.equal(ingested.manifest_digest, expected.manifest_digest);
          const examined = await installation.run(["doctor", "--deep"], { behind });
          assert.equal(examined.exitCode, 0, examined.stdout);
        });
      }),
    );
  }

  it("is told when it is the database's, and a rerun completes", { skip: noMounts }, () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory, 700, 1);
      const place = join(directory, "place");
      mkdirSync(place);
      await withTmpfs(place, MIB / 2, async ({ behind }) => {
        const installation = new Installation(place, { storeRoot: join(directory, "store") });
        const full = await installation.run(["guide-board", "ingest", run], { behind });
        assert.equal(full.exitCode, 7, full.stderr);
        assert.equal(full.stdout, "");
        const [command = "", ...args] = behind;
        execFileSync(command, [...args, "mount", "-o", "remount,size=64m", place]);
        await installation.json(["guide-board", "ingest", run, "--quiet"], { behind });
        const examined = await installation.run(["doctor", "--deep"], { behind });
        assert.equal(examined.exitCode, 0, examined.stdout);
      });
    }),
  );
});

describeOnBinary("a place that cannot be written", () => {
  it("refuses an ingest, and lets everything be read and proven", { skip: noMounts }, () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const place = join(directory, "place");
      const installation = new Installation(place);
      const { package_id: id } = await installation.ingest(run);
      await withReadOnly(place, async ({ behind }) => {
        const other = join(directory, "other");
        writeGuideBoardRun(other, { runId: "other" });
        const refused = await installation.run(["guide-board", "ingest", other], { behind });
        assert.equal(refused.exitCode, 7, refused.stderr);
        for (const args of [
          ["verify", id],
          ["manifest", id],
          ["packages", "show", id],
          ["log", "head"],
          ["log", "replay", "--check"],
          ["doctor", "--deep"],
          ["pull", id, join(directory, "pulled")],
        ]) {
          const read = await installation.run(args, { behind });
          assert.equal(read.exitCode, 0, `${args.join(" ")}: ${read.stderr}`);
        }
      });
      await installation.isSound();
    }),
  );

  it("is told when it is the store's alone", { skip: noMounts }, () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const installation = new Installation(directory);
      mkdirSync(installation.storeRoot);
      await withReadOnly(installation.storeRoot, async ({ behind }) => {
        await installation.refuses("storage_read_only", ["guide-board", "ingest", run], { behind });
      });
      assert.equal(await installation.finalizedCount(), 0);
      await installation.ingest(run);
      await installation.isSound("--deep");
    }),
  );
});

describeOnBinary("a store that is not ours", () => {
  it("is refused when another registry has it, and when it is nobody's and not empty", () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const owner = new Installation(join(directory, "owner"));
      await owner.ingest(run);
      const { storeRoot } = owner;
      const stranger = new Installation(join(directory, "stranger"), { storeRoot });
      await stranger.refuses("store_foreign", ["guide-board", "ingest", run]);
      rmSync(join(storeRoot, "store.json"));
      const another = new Installation(join(directory, "another"), { storeRoot });
      await another.refuses("store_unowned", ["guide-board", "ingest", run]);
      assert.equal(await another.finalizedCount(), 0);
    }));
});

describeOnBinary("a database that does not fit", () => {
  it("is refused when it is newer than the program, unchanged", () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const installation = new Installation(directory);
      const { package_id: id } = await installation.ingest(run);
      installation.tamper((database) =>
        database.exec("INSERT INTO schema_migrations VALUES (999, 'from-the-future', 'x', 'x')"),
      );
      for (const args of [["guide-board", "ingest", run], ["verify", id], ["migrate"]]) {
        await installation.refuses("database_newer", args);
      }
      installation.tamper((database) => database.exec("DELETE FROM schema_migrations WHERE version = 999"));
      await installation.isSound();
    }));

  it("is migrated when it is older: by who writes and by migrate, not by who reads", () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const installation = new Installation(directory);
      // The state before the first migration: the record of migrations, empty.
      const first = await installation.ingest(run);
      const schema = installation.tamper(
        (database) =>
          database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'schema_migrations'").get([])?.["sql"],
      );
      for (const name of readdirSync(directory).filter((each) => each.startsWith("registry.db"))) {
        rmSync(join(directory, name));
      }
      rmSync(installation.storeRoot, { recursive: true });
      execFileSync("sqlite3", [installation.databasePath, String(schema)]);
      await installation.refuses("migration_needed", ["verify", first.package_id]);
      await installation.json(["migrate"]);
      const again = await installation.ingest(run);
      assert.equal(again.manifest_digest, first.manifest_digest);
      await installation.isSound();
    }));

  it("is refused when it is no database, or damaged", () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const installation = new Installation(directory);
      await installation.ingest(run);
      await installation.run(["log", "head"]);
      const { databasePath } = installation;
      rmSync(`${databasePath}-wal`, { force: true });
      const descriptor = openSync(databasePath, "r+");
      writeSync(descriptor, new Uint8Array(64).fill(0x2a), 0, 64, 0);
      closeSync(descriptor);
      await installation.refuses("database_corrupt", ["guide-board", "ingest", run]);
      const examined = await installation.run(["doctor"]);
      assert.equal(examined.exitCode, 5, examined.stderr);
      assert.equal(JSON.parse(examined.stdout).sound, false);
    }));
});

const noStrace = whyWithout("strace", ["strace", "-qq", "-e", "trace=none", "true"]);

describeOnBinary("a failing fsync", () => {
  for (const occurrence of [1, 2, 4, 7, 11]) {
    it(
      `number ${occurrence} of each thread: nothing is lost, and a rerun completes`,
      { skip: noStrace },
      () =>
        withTemporaryDirectory(async (directory) => {
          const run = writeRun(directory);
          const installation = new Installation(join(directory, "registry"), { environment: PLAIN_ONLY });
          const inject = `inject=fsync,fdatasync:error=EIO:when=${occurrence}`;
          const trace = ["-o", join(directory, "trace"), "-e", "trace=fsync,fdatasync", "-e", inject];
          const behind = ["strace", "-f", "-qq", ...trace];
          const failed = await installation.run(["guide-board", "ingest", run], { behind });
          assert.ok([0, 7].includes(failed.exitCode), `${failed.exitCode}: ${failed.stderr}`);
          if (failed.exitCode === 7) assert.equal(failed.stdout, "");
          const again = await installation.ingest(run);
          assert.equal(again.reused_existing, failed.exitCode === 0);
          await installation.isSound("--deep");
        }),
    );
  }
});

describeOnBinary("a clock that went back", () => {
  it("does not make the log's times go back", () =>
    withTemporaryDirectory(async (directory) => {
      const installation = new Installation(join(directory, "registry"));
      const now = Date.now;
      const ahead = now() + 3 * DAY_MS;
      Date.now = () => ahead;
      try {
        const { exitCode, stderr } = await runCliHere(["guide-board", "ingest", writeRun(directory)], {
          environment: installation.environment,
          workingDirectory: directory,
        });
        assert.equal(exitCode, 0, stderr);
      } finally {
        Date.now = now;
      }
      const before = await installation.head();
      assert.equal(before.created_at, new Date(ahead).toISOString());
      const later = join(directory, "later");
      writeGuideBoardRun(later, { runId: "later" });
      await installation.ingest(later);
      assert.equal((await installation.head()).created_at, before.created_at);
      await installation.isSound("--deep");
    }));
});

describeOnBinary("a file that changes while it is read", () => {
  it("is named; once it rests, the run is ingested", () =>
    withTemporaryDirectory(async (directory) => {
      const run = writeRun(directory);
      const growing = join(run, "artifacts", "growing.log");
      writeFileSync(growing, new Uint8Array(32 * MIB));
      const installation = new Installation(join(directory, "registry"));
      const descriptor = openSync(growing, "a");
      let writing = true;
      const writer = (async () => {
        while (writing) {
          writeSync(descriptor, "one more line\n");
          await new Promise<void>((resolve) => setImmediate(resolve));
        }
      })();
      const refused = await installation.refuses("source_changed", ["guide-board", "ingest", run]);
      writing = false;
      await writer;
      closeSync(descriptor);
      assert.match(refused.stderr, /growing\.log/);
      assert.equal(await installation.finalizedCount(), 0);
      const { reused_existing } = await installation.ingest(run);
      assert.equal(reused_existing, false);
      await installation.isSound("--deep");
    }));
});
