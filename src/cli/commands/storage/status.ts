import { storageStatus } from "../../../registry/storage-status.ts";
import { defineCommand } from "../../command.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {},
  async run(context) {
    const backends = await withRegistry(context, "read", (registry) =>
      storageStatus(registry, context.signal),
    );
    await context.out.json({ backends });
    return 0;
  },
});
