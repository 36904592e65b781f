/**
 * Fails one system call after the other of an ingest (strace) and looks at the registry each time: the command says so
 * or succeeds, the registry is sound, a rerun completes with the same manifest digest.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

interface Fault {
  readonly calls: string;
  readonly error: string;
}

const FAULTS: readonly Fault[] = [
  { calls: "fsync,fdatasync", error: "EIO" },
  { calls: "pwrite64", error: "ENOSPC" },
  { calls: "pwrite64", error: "EIO" },
  { calls: "rename,renameat,renameat2", error: "EIO" },
  { calls: "link,linkat", error: "ENOSPC" },
  { calls: "mkdir,mkdirat", error: "ENOSPC" },
  { calls: "unlink,unlinkat", error: "EIO" },
];
/** Of each thread, as strace counts. */
const OCCURRENCES_MAX = scaled(60);
/** Exit codes of a failure that is told: internal (a thread that cannot start), integrity (bytes unreadable), unavailable, refused. */
const TOLD = [0, 1, 5, 7, 8];

await withTemporaryDirectory(async (directory) => {
  const run = join(directory, "run");
  writeGuideBoardRun(run, { extraFiles: 20, fileSizeBytes: 70_000 });
  const { manifest_digest: digest } = await new Installation(join(directory, "undisturbed")).ingest(run);
  const trace = join(directory, "trace");
  for (const { calls, error } of FAULTS) {
    const exits = new Map<number, number>();
    let tried = 0;
    for (let occurrence = 1; occurrence <= OCCURRENCES_MAX; occurrence++) {
      const place = join(directory, "registry");
      // The try that no fault reached any more has left a whole registry, in which little is made anew.
      rmSync(place, { recursive: true, force: true });
      const environment = occurrence % 2 === 0 ? { ARTIFACTSTORE_STORAGE_LOCAL_PACK_MAX_BYTES: "0" } : {};
      const installation = new Installation(place, { environment });
      const inject = `inject=${calls}:error=${error}:when=${occurrence}`;
      const behind = ["strace", "-f", "-qq", "-o", trace, "-e", `trace=${calls}`, "-e", inject];
      const what = `${calls} ${error} number ${occurrence}`;
      const failed = await installation.run(["guide-board", "ingest", run], { behind });
      assert.ok(TOLD.includes(failed.exitCode), `${what}: ${failed.exitCode} ${failed.stderr}`);
      if (!readFileSync(trace, "utf8").includes("INJECTED")) break;
      tried += 1;
      exits.set(failed.exitCode, (exits.get(failed.exitCode) ?? 0) + 1);
      if (failed.exitCode !== 0) assert.match(failed.stderr, /^artifactstore: .* \([a-z_]+\)$/m, what);
      const head = await installation.run(["log", "head"]);
      if (head.exitCode === 0) await installation.isSound("--deep");
      const again = await installation.ingest(run);
      assert.equal(again.manifest_digest, digest, what);
      await installation.isSound("--deep");
    }
    assert.ok(tried > 0, `${calls}: no call was reached`);
    const outcomes = [...exits].map(([exit, count]) => `${count} with exit ${exit}`).join(", ");
    process.stdout.write(`${calls} ${error}: ${tried} faults: ${outcomes}; sound and completed each time\n`);
  }
});
