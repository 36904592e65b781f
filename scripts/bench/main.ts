/**
 * `bun run bench [NAME…] [--rounds N] [--scale F] [--binary PATH]`: the rows of the speed table, each against its peers
 * in the same run. Prints the table on standard output; the exit code is 1 if a row misses what is promised.
 *
 * A scale below 1 makes a quick and only indicative run of smaller sources.
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { buildBinary } from "../build-binary.ts";
import { installDependencies } from "../install-dependencies.ts";
import { runScript } from "../run-script.ts";
import type { BenchRow } from "./bench-row.ts";
import { row as hugeFile } from "./huge-file.ts";
import { row as largeFiles } from "./large-files.ts";
import { rows as moveLog } from "./move-log.ts";
import { row as registrationsPostgres } from "./registrations-postgres.ts";
import { type MeasuredRow, ratioOf, renderTable } from "./render-table.ts";
import { row as replay } from "./replay.ts";
import { row as smallFiles } from "./small-files.ts";
import { row as smallFilesAgain } from "./small-files-again.ts";
import { row as smallFilesPostgres } from "./small-files-postgres.ts";
import { row as smallRun } from "./small-run.ts";
import { row as startUp } from "./start-up.ts";
import { row as verifyHugeFile } from "./verify-huge-file.ts";
import { row as verifyLargeFiles } from "./verify-large-files.ts";
import { Workbench } from "./workbench.ts";

const ROWS: readonly BenchRow[] = [
  ...[smallFiles, smallFilesAgain, largeFiles, hugeFile, smallRun],
  ...[verifyLargeFiles, verifyHugeFile, replay, ...moveLog, startUp],
  ...[smallFilesPostgres, registrationsPostgres],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
    binary: { type: "string" },
  },
});

await runScript(async () => {
  const unknown = positionals.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) {
    const known = ROWS.map(({ name }) => name).join(", ");
    throw new Error(`no such row: ${unknown.join(", ")}; there are ${known}`);
  }
  const options = { scale: positive("scale"), rounds: positive("rounds") };
  const wanted = ROWS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const binary = values.binary ?? (await built());
  const measured: MeasuredRow[] = [];
  for (const row of wanted) {
    process.stderr.write(`${row.name}: ${row.work} …\n`);
    const bench = new Workbench({ binary, ...options });
    try {
      measured.push({ row, measurement: await row.measure(bench) });
    } finally {
      bench.close();
    }
  }
  const memory = Math.round(totalmem() / 1e9);
  process.stdout.write(
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${memory} GB; median of ${options.rounds}, scale ${options.scale}\n\n`,
  );
  process.stdout.write(renderTable(measured));
  const missed = measured.some(
    ({ row, measurement }) => (ratioOf(measurement) ?? 0) > (row.atMost ?? Number.POSITIVE_INFINITY),
  );
  return missed ? 1 : 0;
});

async function built(): Promise<string> {
  await installDependencies();
  return await buildBinary();
}

function positive(name: "scale" | "rounds"): number {
  const value = Number(values[name]);
  if (!(value > 0)) throw new Error(`--${name} is a positive number, not "${values[name]}"`);
  return value;
}
