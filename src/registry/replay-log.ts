import { isArtifactstoreError } from "../core/errors.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import { checkedEventPages, checkLog, replayPages } from "../log/check-log.ts";
import { LogChecker, type LogProblem } from "../log/log-checker.ts";
import { checkViews, type ViewCheck } from "../views/check-views.ts";
import { rebuildViews, type ViewRebuild } from "../views/rebuild-views.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What a replay beside the live tables found. */
export interface ReplayCheck extends ViewCheck {
  /** What is wrong with the log itself; some of it, see `logProblemCount`. */
  readonly logProblems: readonly LogProblem[];
  readonly logProblemCount: number;
  /** Whether log and views are sound. */
  readonly equal: boolean;
}

/**
 * Checks the log (sequence, times, payload digests, tree) and replays it beside the live views, comparing row by row.
 * One snapshot, so that other processes may go on writing; nothing is written. Events that contradict one another so
 * far that they give no views are a problem of the log, and then no view is compared. Throws `log_damaged` if the log
 * has no head.
 */
export async function checkReplay(
  context: Pick<RegistryContext, "database" | "blake3">,
): Promise<ReplayCheck> {
  const checker = new LogChecker({ blake3: context.blake3.hash, sha256 });
  let check: ViewCheck;
  try {
    check = await checkViews(
      context.database,
      (reader) => checkedEventPages(reader, checker),
      (sequence, message) => checker.contradiction(sequence, message),
    );
  } catch (error) {
    if (!isArtifactstoreError(error, "log_damaged")) throw error;
    return await checkAlone(context, error.message);
  }
  return {
    ...check,
    logProblems: checker.problems,
    logProblemCount: checker.problemCount,
    equal: check.differenceCount === 0 && checker.problemCount === 0,
  };
}

/** The log to its end, where it gives no views to compare. */
async function checkAlone(
  context: Pick<RegistryContext, "database" | "blake3">,
  message: string,
): Promise<ReplayCheck> {
  const checker = new LogChecker({ blake3: context.blake3.hash, sha256 });
  await context.database.read((reader) => checkLog(reader, checker));
  return {
    throughSequence: checker.lastSequence,
    events: checker.events,
    unknownTypes: new Map(),
    differences: [],
    differenceCount: 0,
    logProblems: [...checker.problems, { kind: "contradiction", sequence: undefined, message }],
    logProblemCount: checker.problemCount + 1,
    equal: false,
  };
}

/**
 * Rebuilds all views from the log and puts them in the place of the live ones, at once. Throws `log_damaged`, changing
 * nothing, if the log is wrong; `database_busy` if another replay begins.
 */
export async function replayLog(context: RegistryContext): Promise<ViewRebuild> {
  const checker = new LogChecker({ blake3: context.blake3.hash, sha256 });
  return await rebuildViews(context.database, replayPages(checker), context.newRandomId());
}
