import { isForbidden } from "../../../client/packages-api.ts";
import { abandonPackage } from "../../../registry/abandon-package.ts";
import { findPackage } from "../../../registry/find-package.ts";
import type { RemoteRegistry } from "../../../remote/remote-registry.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { withExistingRegistry } from "../../with-existing-registry.ts";
import { withRemote } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package that was never finalized" },
    reason: { type: "string", description: "Why it is given up", valueHint: "text", required: true },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const { "package-id": id, reason } = values;
    const server = await context.server();
    const row =
      server === undefined
        ? await withExistingRegistry(context, async (registry) => {
            await findPackage(registry, id);
            await abandonPackage(registry, id, reason);
            return await findPackage(registry, id);
          })
        : await withRemote(context, server, (remote) => abandonRemotely(remote, id, reason));
    await context.out.json({
      package_id: row.id,
      status: row.status,
      abandoned_at: row.abandoned_at ?? null,
      reason: row.abandoned_reason ?? null,
    });
    return 0;
  },
});

async function abandonRemotely({ client }: RemoteRegistry, id: string, reason: string) {
  await client.packages.abandon(id, reason);
  try {
    return await client.packages.show(id);
  } catch (error) {
    // A token that may only write does not see the time.
    if (!isForbidden(error)) throw error;
    return { id, status: "abandoned", abandoned_at: null, abandoned_reason: reason };
  }
}
