import { describeConfig } from "../../config/describe-config.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  arguments: {},
  async run(context) {
    await context.out.json(describeConfig(await context.loadConfig()));
    return 0;
  },
});
