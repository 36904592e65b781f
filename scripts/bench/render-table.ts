import type { BenchRow, Measurement } from "./bench-row.ts";

export interface MeasuredRow {
  readonly row: BenchRow;
  readonly measurement: Measurement;
}

const HEAD = ["row", "work", "artifactstore", "against", "ratio", "at most", "verdict", "peak memory"];

/** A Markdown table, with the other peers and what was remarked below it. */
export function renderTable(rows: readonly MeasuredRow[]): string {
  const cells = rows.map(({ row, measurement }) => {
    const { times, against, peakBytes } = measurement;
    const ratio = ratioOf(measurement);
    return [
      row.name,
      row.work,
      duration(times[0]?.ms ?? Number.NaN),
      against === undefined ? "–" : `${against.name} ${duration(against.ms)}`,
      ratio === undefined ? "–" : ratio.toFixed(2),
      row.atMost === undefined ? "–" : `${row.atMost}`,
      ratio === undefined || row.atMost === undefined ? "–" : ratio <= row.atMost ? "holds" : "MISSED",
      peakBytes === undefined ? "–" : `${Math.round(peakBytes / 1e6)} MB`,
    ];
  });
  const lines = [HEAD, HEAD.map(() => "---"), ...cells].map((line) => `| ${line.join(" | ")} |`);
  const notes = rows.flatMap(({ row, measurement }) => [
    ...measurement.times
      .slice(1)
      .filter(({ name }) => name !== measurement.against?.name)
      .map(({ name, ms }) => `${row.name}: ${name} took ${duration(ms)}`),
    ...measurement.notes.map((note) => `${row.name}: ${note}`),
  ]);
  return [...lines, ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${note}`)] : []), ""].join("\n");
}

export function ratioOf({ times, against }: Measurement): number | undefined {
  const own = times[0]?.ms;
  return own === undefined || against === undefined ? undefined : own / against.ms;
}

function duration(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(1)} ms`;
}
