/**
 * Acceptance 3 of the registry on PostgreSQL: 16 processes write to one database while its server is stopped once and
 * crashes once. What was acknowledged is there, the sequence has no gap, and `doctor` calls it sound.
 */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { downPostgres, restartPostgres, upPostgres } from "../../scripts/services/postgres-service.ts";
import { ERRORS } from "../../src/core/errors.ts";
import { writeFiles } from "../support/open-registry.ts";
import { runProgram } from "../support/program.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PROCESSES = 16;
const PACKAGES = scaled(20);
const FILES = 5;
/** Created, default_applied, the files, finalized. */
const EVENTS = 2 + FILES + 1;
/** Runs of one command until it is acknowledged; a server is away for a second. Count. */
const TRIES_MAX = 100;

// A server of its own, below a directory that its user can pass through: restarts would disturb others.
const serverDirectory = mkdtempSync(join(realpathSync(tmpdir()), "artifactstore-restarts-"));
chmodSync(serverDirectory, 0o755);
process.env["ARTIFACTSTORE_TEST_POSTGRES_DIRECTORY"] = serverDirectory;

try {
  const { url } = await upPostgres(true);
  assert.ok(url !== undefined);
  await withTemporaryDirectory((directory) => writeThroughRestarts(directory, url));
} finally {
  await downPostgres(true);
}

async function writeThroughRestarts(directory: string, url: string): Promise<void> {
  const environment = {
    ARTIFACTSTORE_DATABASE_URL: url,
    ARTIFACTSTORE_STORAGE_LOCAL_ROOT: join(directory, "store"),
    ARTIFACTSTORE_ACTOR: "soak",
    ARTIFACTSTORE_INGEST_THREADS: "1",
  };
  const run = (...args: string[]) => runProgram(args, { environment });
  const acknowledged = new Map<string, string>();
  const failures = new Map<string, number>();

  const push = async (externalId: string) => {
    const source = join(directory, "sources", externalId);
    const names = Array.from({ length: FILES }, (_, number) => `file-${number}`);
    writeFiles(source, Object.fromEntries(names.map((name) => [name, `${externalId} ${name}`])));
    for (let tries = 1; ; tries++) {
      const words = ["--producer", "soak", "--subject", "s", "--retention-class", "raw-evidence", "--quiet"];
      const { exitCode, stdout, stderr } = await run("push", source, ...words, "--external-id", externalId);
      if (exitCode === 0) {
        acknowledged.set(externalId, JSON.parse(stdout).package_id);
        return;
      }
      assert.equal(exitCode, ERRORS.database_unavailable.exit, stderr);
      const code = /\((\w+)\)$/m.exec(stderr)?.[1] ?? stderr;
      failures.set(code, (failures.get(code) ?? 0) + 1);
      assert.ok(tries < TRIES_MAX, stderr);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const worker = async (number: number) => {
    for (let at = 0; at < PACKAGES; at++) await push(`${number}-${at}`);
  };
  const total = PROCESSES * PACKAGES;
  const restart = async (share: number, mode: "fast" | "immediate") => {
    while (acknowledged.size < total * share) await new Promise((resolve) => setTimeout(resolve, 20));
    await restartPostgres(true, mode);
    process.stderr.write(`restarted (${mode}) after ${acknowledged.size} of ${total} packages\n`);
  };
  const restarts = (async () => {
    await restart(0.3, "fast");
    await restart(0.6, "immediate");
  })();
  await Promise.all([restarts, ...Array.from({ length: PROCESSES }, (_, number) => worker(number))]);

  assert.equal(acknowledged.size, total);
  for (const [externalId, packageId] of acknowledged) {
    const shown = await run("packages", "show", packageId);
    assert.equal(shown.exitCode, 0, shown.stderr);
    const found = JSON.parse(shown.stdout);
    assert.deepEqual([found.external_id, found.status], [externalId, "finalized"]);
  }
  const doctor = await run("doctor", "--deep");
  assert.equal(doctor.exitCode, 0, doctor.stdout);
  const { head, packages } = JSON.parse(doctor.stdout).information;
  assert.equal(packages.finalized, total);
  // An attempt that was broken off and could not be resumed may have left events of its own, never a gap.
  assert.ok(head.sequence >= total * EVENTS);
  const failed = [...failures].map(([code, count]) => `${code} ${count} times`).join(", ");
  process.stdout.write(`${total} packages, sequence ${head.sequence}, sound; refused meanwhile: ${failed}\n`);
}
