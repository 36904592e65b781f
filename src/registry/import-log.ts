import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import type { DatabaseWriter } from "../db/registry-database.ts";
import { views } from "../db/view-tables.ts";
import { damagedExport } from "../log/damaged-export.ts";
import type { CheckedEvent } from "../log/log-checker.ts";
import { decompressed } from "../log/log-export-compression.ts";
import { LogExportReader } from "../log/log-export-reader.ts";
import { type LogHead, readLogHead } from "../log/log-head.ts";
import { LogIntake } from "../log/log-intake.ts";
import { addCounts, projectReplayed } from "../views/check-views.ts";
import { ReplayRules } from "../views/replay-rules.ts";
import type { RegistryContext } from "./registry-context.ts";
import { checkReplay, type ReplayCheck } from "./replay-log.ts";

export interface LogImport {
  /** Of the registry, which now is that of the file. */
  readonly head: LogHead;
  readonly events: number;
  /** Events of types that this program does not know, by type: kept in the log, and in no view. */
  readonly unknownTypes: ReadonlyMap<string, number>;
}

export interface LogImportOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of events taken in so far. */
  readonly onProgress?: (events: number) => void;
}

/**
 * Makes an empty registry the one that a log export is of: same id, same events at the same times, same head, and the
 * views that they give. All of it is one transaction, which nobody sees before its end: a file that is refused, or a
 * process that is killed, leaves the registry empty. Afterwards the log is read once more and the views are compared
 * with a replay beside them.
 *
 * @param chunks the file's bytes, compressed or not
 * Throws `registry_not_empty`, `invalid_input` (no log export), `log_export_damaged` (cut, changed, out of order), and
 * `log_damaged` or `views_differ` if the database does not give back what it was given.
 */
export async function importLog(
  context: Pick<RegistryContext, "database" | "blake3" | "clock">,
  chunks: AsyncIterable<Uint8Array>,
  options: LogImportOptions = {},
): Promise<LogImport> {
  const reader = new LogExportReader(decompressed(chunks), context.blake3);
  const unknownTypes = new Map<string, number>();
  let events: number;
  try {
    // Before the lock: a file that is slow to come must not hold up those who would be told that it is none.
    const registry = await reader.readHeader();
    events = await context.database.write(async (writer) => {
      const intake = await LogIntake.begin({
        ...{ writer, registry, blake3: context.blake3.hash, sha256, clock: context.clock },
      });
      for (let page = await reader.readPage(); page.length > 0; page = await reader.readPage()) {
        options.signal?.throwIfAborted();
        addCounts(unknownTypes, await projectPage(writer, await intake.add(page)));
        options.onProgress?.(intake.sequence);
      }
      await intake.finish(reader.trailer);
      return intake.sequence;
    });
  } finally {
    await reader.close();
  }
  await proveEqual(context);
  return { head: await context.database.read(readLogHead), events, unknownTypes };
}

/** Events that follow one another and still give no views were never recorded by a program of ours. */
async function projectPage(
  writer: DatabaseWriter,
  page: readonly CheckedEvent[],
): Promise<ReadonlyMap<string, number>> {
  try {
    return await projectReplayed(writer, page, views, new ReplayRules(contradiction, "replayed"));
  } catch (error) {
    if (!isArtifactstoreError(error, "log_damaged")) throw error;
    throw damagedExport(
      page[0]?.sequence ?? 0,
      `the events from there on give no views: ${error.message}`,
      error,
    );
  }
}

function contradiction(sequence: number, message: string): never {
  throw damagedExport(sequence, `the event ${message}`);
}

/** The registry is there by now: a failure says so, since the import cannot be run again. */
async function proveEqual(context: Pick<RegistryContext, "database" | "blake3">): Promise<void> {
  const advice = 'the registry is there; run "artifactstore log replay --check"';
  let check: ReplayCheck;
  try {
    check = await checkReplay(context);
  } catch (cause) {
    if (!isArtifactstoreError(cause)) throw cause;
    throw new ArtifactstoreError(cause.code, `Cannot check the imported log: ${cause.message}; ${advice}`, {
      cause,
    });
  }
  if (check.equal) return;
  const [problem] = check.logProblems;
  const [difference] = check.differences;
  throw new ArtifactstoreError(
    problem === undefined ? "views_differ" : "log_damaged",
    `Cannot trust the imported log: ${problem?.message ?? `view "${difference?.table}" is not as it says`}; ${advice}`,
  );
}
