import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { writeGuideBoardRun } from "./guide-board-run.ts";
import { type Ingested, Installation } from "./installation.ts";
import { SeededRandom } from "./random-bytes.ts";

export interface InterruptedIngests {
  readonly directory: string;
  readonly kills: number;
  /** Raw files of the run, besides its own 23. */
  readonly files: number;
  readonly seed: number;
  readonly onKill?: (kill: InterruptedIngest) => void;
}

export interface InterruptedIngest {
  readonly number: number;
  readonly afterMs: number;
  /** Of the last event that was recorded; 0 if there is no registry. */
  readonly sequence: number;
  /** What the rerun found: nothing, a package to go on with, a complete one. */
  readonly found: "nothing" | "unfinished" | "finalized";
}

/** The seed that `ARTIFACTSTORE_TEST_SEED` gives, else a new one. */
export function chosenSeed(): number {
  const given = process.env["ARTIFACTSTORE_TEST_SEED"];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

/**
 * Ingests the same run into one fresh registry after another and kills the process (SIGKILL, no chance to tidy up) at
 * a random moment of its life. Every time `doctor` must say sound, a rerun must complete, and the manifest digest must
 * be the one of an ingest that nobody disturbed. Every second kill hits the rerun of the one before as well.
 */
export async function interruptIngests(options: InterruptedIngests): Promise<readonly InterruptedIngest[]> {
  const { directory, kills, files, seed } = options;
  const random = new SeededRandom(seed);
  const run = join(directory, "run");
  const fileCount = writeGuideBoardRun(run, { extraFiles: files, seed }).files.length;
  const undisturbed = new Installation(join(directory, "undisturbed"));
  const startedMs = performance.now();
  const { manifest_digest: digest } = await undisturbed.ingest(run);
  const wholeMs = performance.now() - startedMs;

  const results: InterruptedIngest[] = [];
  for (let number = 1; number <= kills; number++) {
    const place = join(directory, `kill-${number}`);
    const installation = new Installation(place);
    let afterMs = random.below(Math.ceil(wholeMs));
    while (!(await killIngest(installation, run, afterMs))) {
      // It ended before its kill: that was none.
      rmSync(place, { recursive: true, force: true });
      afterMs = random.below(Math.ceil(wholeMs));
    }
    if (number % 2 === 0) await killIngest(installation, run, random.below(Math.ceil(wholeMs)));
    const sequence = await soundSequence(installation);

    const ingested = await installation.ingest(run);
    assert.equal(ingested.manifest_digest, digest);
    assert.equal(ingested.file_count, fileCount);
    assert.equal(await installation.finalizedCount(), 1);
    await installation.isSound("--deep");
    assert.deepEqual((await installation.ingest(run)).package_id, ingested.package_id);
    const result = { number, afterMs, sequence, found: foundBy(ingested) };
    results.push(result);
    options.onKill?.(result);
    rmSync(place, { recursive: true, force: true });
  }
  return results;
}

function foundBy(rerun: Ingested): InterruptedIngest["found"] {
  if (rerun.reused_existing) return "finalized";
  return rerun["resumed"] === true ? "unfinished" : "nothing";
}

async function killIngest(installation: Installation, run: string, afterMs: number): Promise<boolean> {
  const { signal } = await installation.run(["guide-board", "ingest", run, "--quiet"], {
    onStart: (pid) => setTimeout(() => killQuietly(pid), afterMs).unref(),
  });
  return signal === "SIGKILL";
}

/** The process may have ended meanwhile. */
function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Killed before there was a registry, there is nothing that could be unsound. */
async function soundSequence(installation: Installation): Promise<number> {
  const head = await installation.run(["log", "head"]);
  if (head.exitCode === 3) return 0;
  await installation.isSound("--deep");
  return head.exitCode === 0 ? (JSON.parse(head.stdout) as { sequence: number }).sequence : 0;
}
