import { type ArtifactstoreError, ERRORS, type ErrorCode, isArtifactstoreError } from "../../core/errors.ts";
import type { Reclaimed } from "../../registry/reclaim.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { doctorDocument, problemLine, reclaimedDocument, unopenableDocument } from "../doctor-document.ts";
import { withRegistry } from "../with-registry.ts";

const INTEGRITY_EXIT = ERRORS.database_corrupt.exit;
const UNAVAILABLE_EXIT = ERRORS.database_unavailable.exit;

/** Problems printed for people; the JSON has more. Count. */
const PRINTED_MAX = 50;

interface Examined {
  readonly document: Document;
  readonly mayReclaim: boolean;
  /** The database has problems; they may be such as `--fix` mends. */
  readonly mayMend: boolean;
  readonly lacksRoom: boolean;
}

type Document = ReturnType<typeof doctorDocument>;

export const command = defineCommand({
  arguments: {
    deep: { type: "boolean", description: "Read every blob and compare both digests" },
    fix: {
      type: "boolean",
      description:
        "Remove blobs and temporary files that nothing refers to and that are older than the grace",
    },
    json: { type: "boolean", description: "The JSON alone: nothing for people on standard error" },
  },
  async run(context, { deep, fix, json }) {
    let examined = await examine(context, { deep, fix, showProgress: !json });
    const mended = fix ? await mend(context, examined) : undefined;
    if (mended?.again === true) examined = await examine(context, { deep, fix, showProgress: !json });
    const { document, mayReclaim } = examined;
    const removal = fix && mayReclaim ? await removeUnreferenced(context) : undefined;
    const reclaimed = removal?.reclaimed;
    if (!json) {
      await tellPeople(context, document);
      for (const name of mended?.indexes ?? []) await context.notices.info(`made index "${name}" again`);
      if (reclaimed !== undefined) await tellReclaimed(context, reclaimed);
      else if (fix && !mayReclaim)
        await context.notices.error("nothing removed: the registry itself is not known to be sound");
    }
    const fixed = { made_indexes: mended?.indexes ?? [], reclaimed: reclaimedDocument(reclaimed) };
    await context.out.json({ ...document, ...(fix ? fixed : {}) });
    // What kept it from removing anything is told after the document, with an exit code of its own.
    if (removal?.error !== undefined) throw removal.error;
    if (document.problem_count > 0) return INTEGRITY_EXIT;
    if (document.unchecked_count > 0) return UNAVAILABLE_EXIT;
    const failure = firstFailure(reclaimed);
    return failure === undefined ? 0 : ERRORS[failure].exit;
  },
});

/** Opened to read: looking changes nothing, also not the schema, and works on a read-only file system. */
async function examine(
  context: CommandContext,
  {
    deep,
    fix,
    showProgress,
  }: { readonly deep: boolean; readonly fix: boolean; readonly showProgress: boolean },
): Promise<Examined> {
  const progress = showProgress ? context.startProgress("Examining") : undefined;
  const look = async (registry: RegistryContext) => {
    const { diagnose } = await import("../../registry/doctor.ts");
    const { lacksRoom, mayReclaim } = await import("../../registry/reclaim.ts");
    const report = await diagnose(registry, {
      deep,
      signal: context.signal,
      onProgress: ({ blobs, bytes }) => progress?.update({ files: blobs, bytes }),
    });
    return {
      document: doctorDocument(report),
      mayReclaim: mayReclaim(report),
      mayMend: report.checks.some(({ name, problemCount }) => name === "database" && problemCount > 0),
      lacksRoom: lacksRoom(report),
    };
  };
  try {
    return await readOr(context, fix, look);
  } catch (error) {
    // A database too damaged to be opened is an answer. One that is absent, newer or busy is none.
    if (!isArtifactstoreError(error) || ERRORS[error.code].exit !== INTEGRITY_EXIT) throw error;
    const document = unopenableDocument(error.code, error.message);
    return { document, mayReclaim: false, mayMend: false, lacksRoom: false };
  } finally {
    await progress?.finish();
  }
}

/**
 * Where a database cannot be read without writing (its write-ahead log waits to be folded back, and a full disk has no
 * room for the log's index) and writing is allowed, it is opened to write.
 */
async function readOr<T>(
  context: CommandContext,
  mayWrite: boolean,
  look: (registry: RegistryContext) => Promise<T>,
): Promise<T> {
  try {
    return await withRegistry(context, "read", look);
  } catch (error) {
    if (!mayWrite || !isArtifactstoreError(error, "database_read_only")) throw error;
    return await withRegistry(context, "write", look);
  }
}

/** What must be done before anything can be removed; `again` where another look is due. */
async function mend(
  context: CommandContext,
  { mayMend, lacksRoom }: Examined,
): Promise<{ readonly indexes: readonly string[]; readonly again: boolean }> {
  if (!mayMend && !lacksRoom) return { indexes: [], again: false };
  const { mendDatabase } = await import("../../registry/mend-database.ts");
  const { reclaimLeftoversAlone } = await import("../../registry/reclaim.ts");
  try {
    return await withRegistry(context, "write", async (registry) => {
      if (lacksRoom) await reclaimLeftoversAlone(registry, { signal: context.signal });
      const indexes = mayMend ? await mendDatabase(registry) : [];
      return { indexes, again: lacksRoom || indexes.length > 0 };
    });
  } catch (error) {
    if (!isArtifactstoreError(error)) throw error;
    await context.notices.error(error.message);
    return { indexes: [], again: false };
  }
}

interface Removal {
  readonly reclaimed?: ReadonlyMap<string, Reclaimed>;
  readonly error?: ArtifactstoreError;
}

async function removeUnreferenced(context: CommandContext): Promise<Removal> {
  const { reclaim } = await import("../../registry/reclaim.ts");
  try {
    return {
      reclaimed: await withRegistry(context, "write", (registry) =>
        reclaim(registry, { signal: context.signal }),
      ),
    };
  } catch (error) {
    if (!isArtifactstoreError(error)) throw error;
    return { error };
  }
}

function firstFailure(reclaimed: ReadonlyMap<string, Reclaimed> | undefined): ErrorCode | undefined {
  for (const { failures } of reclaimed?.values() ?? []) {
    if (failures[0] !== undefined) return failures[0].code;
  }
  return undefined;
}

async function tellPeople({ notices }: CommandContext, document: Document): Promise<void> {
  for (const problem of document.problems.slice(0, PRINTED_MAX)) await notices.error(problemLine(problem));
  const unprinted = document.problem_count - Math.min(document.problems.length, PRINTED_MAX);
  if (unprinted > 0) await notices.error(`and ${unprinted} more`);
  const { unchecked, unchecked_count: uncheckedCount } = document;
  for (const gap of unchecked.slice(0, PRINTED_MAX)) await notices.error(`not checked: ${problemLine(gap)}`);
  if (uncheckedCount > PRINTED_MAX)
    await notices.error(`and ${uncheckedCount - PRINTED_MAX} more not checked`);
  await tellVerdict(notices, document);
  const { unfinished_packages: unfinished, backends } = document.information;
  if (unfinished > 0)
    await notices.info(`${unfinished} unfinished packages, which a rerun of their ingest completes`);
  for (const [id, { orphans, leftovers }] of Object.entries(backends)) {
    if (orphans.count + leftovers.count === 0) continue;
    await notices.info(
      `${id}: ${orphans.count} blobs (${orphans.size_bytes} bytes) and ${leftovers.count} temporary files ` +
        `(${leftovers.size_bytes} bytes) that nothing refers to; ${orphans.removable + leftovers.removable} are old ` +
        `enough for doctor --fix`,
    );
  }
}

async function tellVerdict(notices: CommandContext["notices"], document: Document): Promise<void> {
  const { sound, problem_count: count, unchecked_count: uncheckedCount } = document;
  if (sound) await notices.info("sound");
  else if (count > 0) await notices.error(`not sound: ${count} ${count === 1 ? "problem" : "problems"}`);
  else await notices.error(`not known to be sound: ${uncheckedCount} not checked`);
}

async function tellReclaimed(
  { notices }: CommandContext,
  reclaimed: ReadonlyMap<string, Reclaimed>,
): Promise<void> {
  for (const [id, { blobs, blobBytes, leftovers, leftoverBytes, failures }] of reclaimed) {
    for (const { detail, count } of failures) await notices.error(`${id}: ${count} not removed: ${detail}`);
    await notices.info(
      `${id}: removed ${blobs} blobs (${blobBytes} bytes) and ${leftovers} temporary files (${leftoverBytes} bytes); ` +
        `log and views are untouched (views are rebuilt by log replay)`,
    );
  }
}
