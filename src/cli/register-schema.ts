import { registerSchema } from "../registry/registered-schema.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import type { CommandContext } from "./command-context.ts";
import { withRegistryOrServer } from "./with-remote.ts";

/** Registers a schema and prints what came of it. */
export async function registerAndPrint(context: CommandContext, schema: MetadataSchema): Promise<void> {
  const { slug, digest, json_schema } = schema;
  const reused = await withRegistryOrServer(context, "write", {
    direct: async (registry) => !(await registerSchema(registry, schema)),
    remote: async ({ client }) => (await client.metadataSchemas.register(slug, json_schema)).reused_existing,
  });
  await context.out.json({ slug, digest, reused_existing: reused });
}
