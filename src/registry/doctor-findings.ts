import { ERRORS, type ErrorCode, isArtifactstoreError } from "../core/errors.ts";
import type { DoctorCheck, DoctorCheckName, DoctorProblem } from "./doctor-report.ts";

/** Problems that a report lists; all are counted. Count. */
export const PROBLEMS_LISTED_MAX = 1000;

export type CheckedProblem = Omit<DoctorProblem, "check" | "backendId">;

/** What one check reports to. */
export interface CheckFindings {
  report(problem: CheckedProblem): void;
}

/** Of failures that say nothing of what was to be looked at: it is busy, out of reach, read-only, full. */
const UNAVAILABLE_EXIT = ERRORS.database_unavailable.exit;

/**
 * Gathers what the checks find, in bounded memory. A check that fails to run is a problem like any other, unless it
 * could not look; the checks after it still run: of a damaged registry one wants to know all that is damaged.
 */
export class DoctorFindings {
  readonly checks: DoctorCheck[] = [];
  readonly problems: DoctorProblem[] = [];
  readonly unchecked: DoctorProblem[] = [];
  readonly #signal: AbortSignal | undefined;
  #problemCount = 0;
  #uncheckedCount = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  get problemCount(): number {
    return this.#problemCount;
  }

  get uncheckedCount(): number {
    return this.#uncheckedCount;
  }

  /** How many problems the checks of this name have found, on all backends. */
  countOf(name: DoctorCheckName): number {
    return this.checks.reduce((sum, check) => sum + (check.name === name ? check.problemCount : 0), 0);
  }

  /**
   * @param work answers how many things it looked at; what it throws becomes a problem, or is told as what could not
   *   be checked, unless the caller has asked to stop
   */
  async run(
    name: DoctorCheckName,
    backendId: string | undefined,
    work: (findings: CheckFindings) => Promise<number>,
  ): Promise<void> {
    const where = backendId === undefined ? {} : { backendId };
    let problemCount = 0;
    let examined = 0;
    let isComplete = true;
    const leaveUnchecked = (problem: CheckedProblem) => {
      isComplete = false;
      this.#uncheckedCount += 1;
      if (this.unchecked.length < PROBLEMS_LISTED_MAX)
        this.unchecked.push({ check: name, ...where, ...problem });
    };
    const report = (problem: CheckedProblem) => {
      if (isUnavailable(problem.code)) {
        leaveUnchecked(problem);
        return;
      }
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
      const detail = error instanceof Error ? error.message : String(error);
      // A role that may not look, or a setting that is wrong, is no damage either.
      if (code === "configuration") leaveUnchecked({ code, detail });
      else report({ code, detail });
    }
    this.checks.push({ name, ...where, examined, problemCount, isComplete });
  }
}

function isUnavailable(code: ErrorCode): boolean {
  return ERRORS[code].exit === UNAVAILABLE_EXIT;
}
