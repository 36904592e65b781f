import { logHead } from "../../../registry/log-head.ts";
import { defineCommand } from "../../command.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {},
  async run(context) {
    const head = await withRegistry(context, "read", logHead);
    await context.out.json({
      registry_id: head.registry_id ?? null,
      sequence: head.sequence,
      root_hash: head.root_hash,
      created_at: head.created_at ?? null,
    });
    return 0;
  },
});
