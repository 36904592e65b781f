import type { JsonObject } from "../../../core/cbor-value.ts";
import { showSchema } from "../../../registry/list-schemas.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { withRegistryOrServer } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: {
    slug: { type: "positional", description: "A registered schema, or one that is part of the program" },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    await context.out.json(
      await withRegistryOrServer<JsonObject>(context, "read", {
        direct: (registry) => showSchema(registry, values.slug),
        remote: async ({ client }) =>
          (await client.metadataSchemas.show(values.slug)) as unknown as JsonObject,
      }),
    );
    return 0;
  },
});
