/** How many tests a runner ran, by outcome. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: TestCounts = { passed: 0, failed: 0, skipped: 0 };

/** `N passed, N failed, N skipped` */
export function formatCounts({ passed, failed, skipped }: TestCounts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function addCounts(left: TestCounts, right: TestCounts): TestCounts {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/**
 * From the summary that `bun test` ends with; a file that does not load is one of its failures (its JUnit report
 * leaves such a file out). `undefined` if there is no summary: the runner has crashed.
 */
export function readBunCounts(output: string): TestCounts | undefined {
  if (!/^Ran \d+ tests? across \d+ files?\./m.test(output)) return undefined;
  const count = (word: string) => {
    const numbers = [...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))];
    return Number(numbers.at(-1)?.[1] ?? 0);
  };
  return { passed: count("pass"), failed: count("fail"), skipped: count("skip") + count("todo") };
}

const TESTCASE = /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;
const DENO_SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \((\d+) steps?\))? \| (\d+) failed(?: \((\d+) steps?\))?/m;

/**
 * From the JUnit report of `deno test` and the summary on its output. A `describe` appears in the report as a case of
 * its own, with its tests below it as `describe > test`; only tests are counted. A file that does not load is in the
 * summary alone. `undefined` if there is no summary.
 */
export function readDenoCounts(report: string, output: string): TestCounts | undefined {
  const summary = DENO_SUMMARY.exec(output);
  if (summary === null) return undefined;
  const cases = [...report.matchAll(TESTCASE)].map(([, name = "", body = ""]) => ({ name, body }));
  const parents = new Set(cases.flatMap(({ name }) => ancestors(name)));
  let counts = NO_TESTS;
  let failedCases = 0;
  for (const { name, body } of cases) {
    const failed = /<(failure|error)\b/.test(body);
    if (failed) failedCases += 1;
    if (parents.has(name)) continue;
    const skipped = body.includes("<skipped");
    counts = addCounts(counts, {
      passed: failed || skipped ? 0 : 1,
      failed: failed ? 1 : 0,
      skipped: skipped ? 1 : 0,
    });
  }
  const failedInSummary = Number(summary[3]) + Number(summary[4] ?? 0);
  return addCounts(counts, { ...NO_TESTS, failed: Math.max(0, failedInSummary - failedCases) });
}

/** `a &gt; b &gt; c` has `a` and `a &gt; b`. */
function ancestors(name: string): string[] {
  const parts = name.split(" &gt; ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" &gt; "));
}

const ANSI_STYLE = /\u001b\[[0-9;]*m/g;

export function withoutStyle(text: string): string {
  return text.replace(ANSI_STYLE, "");
}
