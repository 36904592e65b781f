import { registerSchema } from "../../../registry/registered-schema.ts";
import { defineCommand } from "../../command.ts";
import { readSchemaFile } from "../../read-schema-file.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    slug: { type: "positional", description: "Name that packages use for it; it never changes" },
    file: { type: "positional", description: "JSON Schema, draft 2020-12" },
  },
  async run(context, values) {
    const schema = await readSchemaFile(values.slug, values.file);
    const registered = await withRegistry(context, "write", (registry) => registerSchema(registry, schema));
    await context.out.json({ slug: schema.slug, digest: schema.digest, reused_existing: !registered });
    return 0;
  },
});
