import { type PushOptions, pushDirectory } from "../../registry/push-directory.ts";
import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import { readJsonObject } from "../read-json-object.ts";
import { readSchemaFile } from "../read-schema-file.ts";
import { registrationDetail, registrationIdentity } from "../registration-document.ts";
import { registrationProgress } from "../registration-progress.ts";
import { withRegistryOrServer } from "../with-remote.ts";

export const command = defineCommand({
  arguments: {
    directory: { type: "positional", description: "Directory; every regular file below it is taken" },
    producer: { type: "string", description: "Who made it", valueHint: "producer", required: true },
    subject: { type: "string", description: "What it is about", valueHint: "subject", required: true },
    "retention-class": {
      type: "string",
      description: "How long it is kept: one of the configured classes",
      valueHint: "class",
      required: true,
    },
    name: {
      type: "string",
      description: "Name of the package (the external id, else the directory's name)",
      valueHint: "name",
    },
    "external-id": {
      type: "string",
      description: "The producer's own key; makes repeating the push harmless",
      valueHint: "id",
    },
    metadata: { type: "string", description: "JSON file with the metadata", valueHint: "file" },
    schema: {
      type: "string",
      description: "Schema of the metadata: a slug, or a file under a slug",
      valueHint: "slug|slug=file",
    },
    provenance: { type: "string", description: "JSON file that tells the origin", valueHint: "file" },
    exclude: {
      type: "string",
      description: "Glob of files to leave out; recorded in the provenance",
      valueHint: "glob",
      multiple: true,
    },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const schema = await chosenSchema(values.schema);
    const options: PushOptions = {
      producer: values.producer,
      subject: values.subject,
      retentionClass: values["retention-class"],
      exclude: values.exclude,
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values["external-id"] === undefined ? {} : { externalId: values["external-id"] }),
      ...(values.metadata === undefined ? {} : { metadata: readJsonObject(values.metadata) }),
      ...(values.provenance === undefined ? {} : { provenance: readJsonObject(values.provenance) }),
      ...(schema === undefined ? {} : { schema }),
    };
    const progress = registrationProgress(context, "Pushing");
    const watched = { ...options, onProgress: progress.update, signal: context.signal };
    const result = await withRegistryOrServer(context, "write", {
      direct: (registry) => pushDirectory(registry, values.directory, watched),
      async remote(remote) {
        const { pushRemotely } = await import("../../remote/push-remotely.ts");
        return await pushRemotely(remote, values.directory, watched);
      },
    }).finally(progress.finish);
    for (const glob of result.unusedGlobs) await context.notices.warn(`--exclude "${glob}" matched nothing`);
    await context.out.json({
      ...registrationIdentity(result),
      name: result.name,
      external_id: options.externalId ?? null,
      retention_class: options.retentionClass,
      ...registrationDetail(result),
    });
    return 0;
  },
});

/** A file needs a slug, because packages name their schema by it; a slug cannot hold the separator. */
async function chosenSchema(text: string | undefined): Promise<PushOptions["schema"]> {
  const at = text?.indexOf("=") ?? -1;
  if (text === undefined || at === -1) return text;
  return await readSchemaFile(text.slice(0, at), text.slice(at + 1));
}
