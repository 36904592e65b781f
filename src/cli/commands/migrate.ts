import { migrateRegistry } from "../../compose.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  arguments: {},
  async run(context) {
    const { fromVersion, toVersion } = await migrateRegistry(context.runtime, await context.loadConfig());
    await context.out.json({ from_version: fromVersion, to_version: toVersion });
    return 0;
  },
});
