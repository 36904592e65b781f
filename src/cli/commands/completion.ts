import { defineCommand } from "../command.ts";
import { printCompletion, SHELLS } from "../completion-script.ts";
import { describeCommands } from "../describe-commands.ts";

export const command = defineCommand({
  arguments: {
    shell: { type: "positional", options: SHELLS, description: "The shell to print it for" },
  },
  async run(context, { shell }) {
    await context.out.text(printCompletion(shell, await describeCommands()));
    return 0;
  },
});
