import { adoptBackend } from "../../../registry/adopt-store.ts";
import { defineCommand } from "../../command.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    backend: { type: "positional", description: "Storage backend that this registry takes over" },
  },
  async run(context, values) {
    const adoption = await withRegistry(context, "write", (registry) =>
      adoptBackend(registry, values.backend),
    );
    await context.out.json({
      backend_id: adoption.backendId,
      previous_registry_id: adoption.previousRegistryId ?? null,
      registry_id: adoption.registryId,
    });
    return 0;
  },
});
