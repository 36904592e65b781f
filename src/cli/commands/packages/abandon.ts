import { abandonPackage } from "../../../registry/abandon-package.ts";
import { findPackage } from "../../../registry/find-package.ts";
import { defineCommand } from "../../command.ts";
import { withExistingRegistry } from "../../with-existing-registry.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package that was never finalized" },
    reason: { type: "string", description: "Why it is given up", valueHint: "text", required: true },
  },
  async run(context, values) {
    const row = await withExistingRegistry(context, async (registry) => {
      await findPackage(registry, values["package-id"]);
      await abandonPackage(registry, values["package-id"], values.reason);
      return await findPackage(registry, values["package-id"]);
    });
    await context.out.json({
      package_id: row.id,
      status: row.status,
      abandoned_at: row.abandoned_at,
      reason: row.abandoned_reason,
    });
    return 0;
  },
});
