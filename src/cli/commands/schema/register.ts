import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { readSchemaFile } from "../../read-schema-file.ts";
import { registerAndPrint } from "../../register-schema.ts";

export const command = defineCommand({
  arguments: {
    slug: { type: "positional", description: "Name that packages use for it; it never changes" },
    file: { type: "positional", description: "JSON Schema, draft 2020-12" },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    await registerAndPrint(context, await readSchemaFile(values.slug, values.file));
    return 0;
  },
});
