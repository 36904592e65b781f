import { isArtifactstoreError } from "../core/errors.ts";
import type { DoctorCheck, DoctorCheckName, DoctorProblem } from "./doctor-report.ts";

/** Problems that a report lists; all are counted. Count. */
export const PROBLEMS_LISTED_MAX = 1000;

export type CheckedProblem = Omit<DoctorProblem, "check" | "backendId">;

/** What one check reports to. */
export interface CheckFindings {
  report(problem: CheckedProblem): void;
}

/**
 * Gathers what the checks find, in bounded memory. A check that fails to run is a problem like any other, and the
 * checks after it still run: of a damaged registry one wants to know all that is damaged.
 */
export class DoctorFindings {
  readonly checks: DoctorCheck[] = [];
  readonly problems: DoctorProblem[] = [];
  readonly #signal: AbortSignal | undefined;
  #problemCount = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get problemCount(): number {
    return this.#problemCount;
  }

  /** How many problems the checks of this name have found, on all backends. */
  countOf(name: DoctorCheckName): number {
    return this.checks.reduce((sum, check) => sum + (check.name === name ? check.problemCount : 0), 0);
  }

  /**
   * @param work answers how many things it looked at; what it throws becomes a problem, unless the caller has asked
   *   to stop
   */
  async run(
    name: DoctorCheckName,
    backendId: string | undefined,
    work: (findings: CheckFindings) => Promise<number>,
  ): Promise<void> {
    const where = backendId === undefined ? {} : { backendId };
    let problemCount = 0;
    let examined = 0;
    const report = (problem: CheckedProblem) => {
      problemCount += 1;
      this.#problemCount += 1;
      if (this.problems.length < PROBLEMS_LISTED_MAX)
        this.problems.push({ check: name, ...where, ...problem });
    };
    this.#signal?.throwIfAborted();
    try {
      examined = await work({ report });
    } catch (error) {
      this.#signal?.throwIfAborted();
      const code = isArtifactstoreError(error) ? error.code : "internal";
      report({ code, detail: error instanceof Error ? error.message : String(error) });
    }
    this.checks.push({ name, ...where, examined, problemCount });
  }
}
