/**
 * Writes a guide-board run for trying things by hand and for benchmarks:
 *
 *     bun test/support/write-run.ts DIR [--files N] [--size BYTES] [--seed S] [--run-id ID] [--generation 1|2|3]
 */
import { argv, stdout } from "node:process";
import { parseArgs } from "node:util";
import { writeGuideBoardRun } from "./guide-board-run.ts";

const { values, positionals } = parseArgs({
  args: argv.slice(2),
  allowPositionals: true,
  options: {
    files: { type: "string", default: "0" },
    size: { type: "string", default: "4096" },
    seed: { type: "string", default: "1" },
    "run-id": { type: "string", default: "run-20260508T164334Z" },
    generation: { type: "string", default: "1" },
  },
});

const [directory] = positionals;
const generation = Number(values.generation);
if (directory === undefined || (generation !== 1 && generation !== 2 && generation !== 3)) {
  throw new Error(
    "usage: write-run.ts DIR [--files N] [--size BYTES] [--seed S] [--run-id ID] [--generation 1|2|3]",
  );
}
const written = writeGuideBoardRun(directory, {
  generation,
  runId: values["run-id"],
  seed: Number(values.seed),
  extraFiles: Number(values.files),
  fileSizeBytes: Number(values.size),
});
stdout.write(JSON.stringify({ run_id: written.runId, file_count: written.files.length }) + "\n");
