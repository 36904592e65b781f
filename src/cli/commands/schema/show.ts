import { showSchema } from "../../../registry/list-schemas.ts";
import { defineCommand } from "../../command.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    slug: { type: "positional", description: "A registered schema, or one that is part of the program" },
  },
  async run(context, values) {
    await context.out.json(
      await withRegistry(context, "read", (registry) => showSchema(registry, values.slug)),
    );
    return 0;
  },
});
