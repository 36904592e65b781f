import { ArtifactstoreError } from "../../../core/errors.ts";
import { type IngestRunOptions, ingestRun } from "../../../pilots/guide-board/ingest-run.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { chosenGuideBoardSchema, GUIDE_BOARD_SCHEMA_ARGUMENTS } from "../../guide-board-schema.ts";
import { registrationDetail, registrationIdentity } from "../../registration-document.ts";
import { registrationProgress } from "../../registration-progress.ts";
import { withRegistryOrServer } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: {
    "run-dir": { type: "positional", description: "Directory of the run" },
    ...GUIDE_BOARD_SCHEMA_ARGUMENTS,
    "retention-class": {
      type: "string",
      description: "Retention class (release-evidence)",
      valueHint: "class",
    },
    "declared-only": { type: "boolean", description: "Only declared files and the run's own documents" },
    exclude: {
      type: "string",
      description: "Glob of files to leave out; repeatable",
      valueHint: "glob",
      multiple: true,
    },
    "source-commit": {
      type: "string",
      description: "Commit of a source; repeatable",
      valueHint: "slug=sha",
      multiple: true,
    },
    supersedes: { type: "string", description: "Package that this run corrects", valueHint: "package-id" },
    reason: { type: "string", description: "Why it is corrected", valueHint: "text" },
    api: { ...API_ARGUMENTS.api, description: "Work through this server; without it, directly" },
  },
  async run(context, values) {
    const supersedes = supersession(values.supersedes, values.reason);
    const sourceCommits = parsePairs(values["source-commit"]);
    const schema = await chosenGuideBoardSchema(context);
    const progress = registrationProgress(context, "Ingesting");
    const options: IngestRunOptions = {
      declaredOnly: values["declared-only"],
      exclude: values.exclude,
      sourceCommits,
      signal: context.signal,
      onProgress: progress.update,
      ...(schema === undefined ? {} : { schema }),
      ...(values["retention-class"] === undefined ? {} : { retentionClass: values["retention-class"] }),
      ...(supersedes === undefined ? {} : { supersedes }),
    };
    const result = await withRegistryOrServer(context, "write", {
      direct: (registry) => ingestRun(registry, values["run-dir"], options),
      async remote(remote) {
        const { ingestRunRemotely } = await import("../../../pilots/guide-board/ingest-run-remotely.ts");
        return await ingestRunRemotely(remote, values["run-dir"], options);
      },
    }).finally(progress.finish);
    for (const warning of result.warnings) await context.notices.warn(warning);
    await context.out.json({
      ...registrationIdentity(result),
      run_id: result.runId,
      external_id: result.externalId,
      retention_class: result.retentionClass,
      ...registrationDetail(result),
    });
    return 0;
  },
});

function supersession(packageId: string | undefined, reason: string | undefined) {
  if (packageId === undefined && reason === undefined) return undefined;
  if (packageId === undefined || reason === undefined) {
    throw new ArtifactstoreError(
      "usage",
      "Cannot supersede a package: --supersedes and --reason go together",
    );
  }
  return { packageId, reason };
}

function parsePairs(texts: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at <= 0) {
      throw new ArtifactstoreError(
        "usage",
        `Cannot read --source-commit "${text}": it is not of the form slug=sha`,
      );
    }
    pairs[text.slice(0, at)] = text.slice(at + 1);
  }
  return pairs;
}
