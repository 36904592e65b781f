import { ArtifactstoreError } from "../../../core/errors.ts";
import { ingestRun } from "../../../pilots/guide-board/ingest-run.ts";
import { GUIDE_BOARD_RUN_V1 } from "../../../schema/embedded-schemas.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../command-context.ts";
import { readSchemaFile } from "../../read-schema-file.ts";
import { registrationDetail, registrationIdentity } from "../../registration-document.ts";
import { registrationProgress } from "../../registration-progress.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    "run-dir": { type: "positional", description: "Directory of the run" },
    schema: {
      type: "string",
      description: "A schema file in place of the embedded one",
      valueHint: "file",
      setting: "guideBoardSchema",
    },
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
  },
  async run(context, values) {
    const supersedes = supersession(values.supersedes, values.reason);
    const sourceCommits = parsePairs(values["source-commit"]);
    const schema = await chosenSchema(context);
    const progress = registrationProgress(context, "Ingesting");
    const result = await withRegistry(context, "write", (registry) =>
      ingestRun(registry, values["run-dir"], {
        declaredOnly: values["declared-only"],
        exclude: values.exclude,
        sourceCommits,
        signal: context.signal,
        onProgress: progress.update,
        ...(schema === undefined ? {} : { schema }),
        ...(values["retention-class"] === undefined ? {} : { retentionClass: values["retention-class"] }),
        ...(supersedes === undefined ? {} : { supersedes }),
      }),
    ).finally(progress.finish);
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

async function chosenSchema(context: CommandContext) {
  const { settings } = await context.loadConfig();
  if (settings.guideBoardSchema === undefined) return undefined;
  return await readSchemaFile(GUIDE_BOARD_RUN_V1.slug, settings.guideBoardSchema);
}
