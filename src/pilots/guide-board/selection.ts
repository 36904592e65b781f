const CORE_FILES: ReadonlySet<string> = new Set(["run.json", "plan.json", "retention-summary.json"]);

/** What `--declared-only` keeps of a run besides the declared files. */
export function isCoreFile(path: string): boolean {
  return CORE_FILES.has(path) || path.startsWith("normalized/") || path.startsWith("reports/");
}
