import { ERRORS, isArtifactstoreError } from "../../core/errors.ts";
import type { Reclaimed } from "../../registry/reclaim.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { doctorDocument, problemLine, reclaimedDocument, unopenableDocument } from "../doctor-document.ts";
import { withRegistry } from "../with-registry.ts";

const INTEGRITY_EXIT = ERRORS.database_corrupt.exit;

/** Problems printed for people; the JSON has more. Count. */
const PRINTED_MAX = 50;

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
    const { document, mayReclaim } = await examine(context, deep, !json);
    const reclaimed = fix && mayReclaim ? await removeUnreferenced(context) : undefined;
    if (!json) {
      await tellPeople(context, document);
      if (reclaimed !== undefined) await tellReclaimed(context, reclaimed);
      else if (fix) await context.notices.error("nothing removed: the registry itself is not sound");
    }
    await context.out.json({
      ...document,
      ...(fix ? { reclaimed: reclaimed === undefined ? null : reclaimedDocument(reclaimed) } : {}),
    });
    return document.sound ? 0 : INTEGRITY_EXIT;
  },
});

/** Opened to read: looking changes nothing, also not the schema, and works on a read-only file system. */
async function examine(
  context: CommandContext,
  deep: boolean,
  showProgress: boolean,
): Promise<{ readonly document: Document; readonly mayReclaim: boolean }> {
  const progress = showProgress ? context.startProgress("Examining") : undefined;
  const look = async (registry: RegistryContext) => {
    const { diagnose } = await import("../../registry/doctor.ts");
    const { mayReclaim } = await import("../../registry/reclaim.ts");
    const report = await diagnose(registry, {
      deep,
      signal: context.signal,
      onProgress: ({ blobs, bytes }) => progress?.update({ files: blobs, bytes }),
    });
    return { document: doctorDocument(report), mayReclaim: mayReclaim(report) };
  };
  try {
    return await withRegistry(context, "read", look);
  } catch (error) {
    // A database too damaged to be opened is an answer. One that is absent, newer or busy is none.
    if (!isArtifactstoreError(error) || ERRORS[error.code].exit !== INTEGRITY_EXIT) throw error;
    return { document: unopenableDocument(error.code, error.message), mayReclaim: false };
  } finally {
    await progress?.finish();
  }
}

async function removeUnreferenced(context: CommandContext): Promise<Map<string, Reclaimed>> {
  const { reclaim } = await import("../../registry/reclaim.ts");
  return await withRegistry(context, "write", (registry) => reclaim(registry, { signal: context.signal }));
}

async function tellPeople({ notices }: CommandContext, document: Document): Promise<void> {
  for (const problem of document.problems.slice(0, PRINTED_MAX)) await notices.error(problemLine(problem));
  const unprinted = document.problem_count - Math.min(document.problems.length, PRINTED_MAX);
  if (unprinted > 0) await notices.error(`and ${unprinted} more`);
  if (document.sound) await notices.info("sound");
  else
    await notices.error(
      `not sound: ${document.problem_count} ${document.problem_count === 1 ? "problem" : "problems"}`,
    );
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

async function tellReclaimed(
  { notices }: CommandContext,
  reclaimed: ReadonlyMap<string, Reclaimed>,
): Promise<void> {
  for (const [id, { blobs, blobBytes, leftovers, leftoverBytes }] of reclaimed) {
    await notices.info(
      `${id}: removed ${blobs} blobs (${blobBytes} bytes) and ${leftovers} temporary files (${leftoverBytes} bytes); ` +
        `log and views are untouched (views are rebuilt by log replay)`,
    );
  }
}
