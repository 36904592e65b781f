import type { SeededRandom } from "./random-bytes.ts";

/** What the documents of one generated run have in common. */
export interface RunFacts {
  readonly runId: string;
  readonly targetProfileRef: string;
  readonly assessmentProfileRef: string;
  readonly status: string;
  readonly startedAt: string;
  readonly completedAt: string;
}

export const CHECK_GROUPS = ["repository-type", "object-content"] as const;

const RESULTS = ["pass", "pass", "pass", "pass", "fail", "warning", "skipped", "expected_gap"] as const;
const CHECKS_PER_GROUP = 12;

interface EvidenceItem {
  readonly id: string;
  readonly check_id: string;
  readonly result: string;
  readonly [key: string]: unknown;
}

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly [key: string]: unknown;
}

export function rawPath(group: string, name: string): string {
  return `artifacts/open-cmis-tck/tck/${group}/${name}`;
}

export function evidenceItems(facts: RunFacts, random: SeededRandom): readonly EvidenceItem[] {
  return CHECK_GROUPS.flatMap((group) =>
    Array.from({ length: CHECKS_PER_GROUP }, (_, index) => {
      const check = `cmis.${group}.${String(index + 1).padStart(3, "0")}`;
      const result = RESULTS[random.below(RESULTS.length)] ?? "unknown";
      return {
        id: `${facts.runId}:${check}`,
        run_id: facts.runId,
        extension_id: "open-cmis-tck",
        check_id: check,
        subject_ref: facts.targetProfileRef,
        result,
        observations:
          result === "pass" ? [] : [`${check} answered after ${1 + random.below(900)} ms: ${result}`],
        facts: { duration_ms: 1 + random.below(900), http_status: result === "fail" ? 500 : 200 },
        requirement_refs: [`CMIS-1.1:${2 + random.below(3)}.${1 + random.below(9)}`],
        artifact_refs: [rawPath(group, "normalized-runner-result.json"), rawPath(group, "stdout.log")],
        started_at: facts.startedAt,
        completed_at: facts.completedAt,
      };
    }),
  );
}

export function findings(evidence: readonly EvidenceItem[]): readonly Finding[] {
  return evidence
    .filter((item) => item.result === "fail" || item.result === "warning")
    .map((item, index) => ({
      id: `finding-${String(index + 1).padStart(3, "0")}`,
      severity: item.result === "fail" ? "high" : "low",
      check_id: item.check_id,
      evidence_refs: [item.id],
      title: `${item.check_id} did not pass`,
      expected: item.result === "warning",
    }));
}

export function mappings(evidence: readonly EvidenceItem[]): object {
  return {
    framework: "CMIS-1.1",
    mappings: evidence.map((item) => ({ evidence_ref: item.id, requirement_refs: item["requirement_refs"] })),
  };
}

/** How often each value of a key occurs. */
export function countBy(
  items: readonly { readonly [key: string]: unknown }[],
  key: string,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) {
    const value = String(item[key]);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

export function reportMarkdown(facts: RunFacts, evidence: readonly EvidenceItem[]): string {
  const rows = Object.entries(countBy(evidence, "result")).map(
    ([result, count]) => `| ${result} | ${count} |`,
  );
  const lines = evidence.map((item) => `- \`${item.check_id}\`: ${item.result}`);
  return [
    `# Assessment report ${facts.runId}`,
    "",
    `Target **${facts.targetProfileRef}**, assessed by **${facts.assessmentProfileRef}**; status ${facts.status}.`,
    "",
    "| result | checks |",
    "|---|---|",
    ...rows,
    "",
    "## Checks",
    "",
    ...lines,
    "",
    "This report is no certification. Naïve expectations – “all green” – are discussed in the scorecard.",
    "",
  ].join("\n");
}

export function scorecard(facts: RunFacts, evidence: readonly EvidenceItem[]): object {
  return {
    run_id: facts.runId,
    target: facts.targetProfileRef,
    levels: CHECK_GROUPS.map((group) => {
      const checks = evidence.filter((item) => item.check_id.startsWith(`cmis.${group}.`));
      const passed = checks.filter((item) => item.result === "pass").length;
      return { area: group, checks: checks.length, passed, score: passed / checks.length };
    }),
  };
}

export function scorecardMarkdown(facts: RunFacts, evidence: readonly EvidenceItem[]): string {
  const passed = evidence.filter((item) => item.result === "pass").length;
  return `# CMIS maturity scorecard\n\nRun ${facts.runId}: ${passed} of ${evidence.length} checks passed.\n`;
}

export function logReview(facts: RunFacts, evidence: readonly EvidenceItem[]): object {
  const suspicious = evidence.filter((item) => item.result === "fail");
  return {
    run_id: facts.runId,
    reviewed: CHECK_GROUPS.map((group) => rawPath(group, "stdout.log")),
    errors: suspicious.length,
    remarks: suspicious.map((item) => ({
      check_id: item.check_id,
      remark: "server answered 500; stack trace in stdout.log",
    })),
  };
}

export function logReviewMarkdown(evidence: readonly EvidenceItem[]): string {
  const failed = evidence.filter((item) => item.result === "fail").map((item) => `- ${item.check_id}`);
  return [
    "# OpenCMIS log review",
    "",
    `${failed.length} checks left errors in the logs.`,
    ...failed,
    "",
  ].join("\n");
}

export function invocation(facts: RunFacts, group: string): object {
  return {
    run_id: facts.runId,
    check_group: group,
    command: ["java", "-jar", "chemistry-opencmis-test-tck.jar", `--group=${group}`],
    binding: "browser",
    exit_code: 0,
    started_at: facts.startedAt,
    completed_at: facts.completedAt,
  };
}

/** A log with time stamps, levels and the odd stack trace. */
export function runnerLog(facts: RunFacts, group: string, lines: number, random: SeededRandom): string {
  const start = Date.parse(facts.startedAt);
  let elapsedMs = 0;
  let text = "";
  for (let line = 0; line < lines; line++) {
    elapsedMs += random.below(400);
    const time = new Date(start + elapsedMs).toISOString();
    const test = `org.apache.chemistry.opencmis.tck.${group}.Test${String(1 + random.below(60)).padStart(2, "0")}`;
    const failed = random.below(40) === 0;
    text += failed
      ? `${time} ERROR ${test} CmisRuntimeException: HTTP 500\n\tat org.apache.chemistry.opencmis.client.bindings.spi.http\n`
      : `${time} INFO  ${test} ok (${random.below(900)} ms)\n`;
  }
  return text;
}
