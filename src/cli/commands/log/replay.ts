import { contentAddress } from "../../../core/content-address.ts";
import { checkReplay, type ReplayCheck, replayLog } from "../../../registry/replay-log.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../command-context.ts";
import { withExistingRegistry } from "../../with-existing-registry.ts";
import { withRegistry } from "../../with-registry.ts";

const INTEGRITY_EXIT = 5;

export const command = defineCommand({
  arguments: {
    check: {
      type: "boolean",
      description:
        "Check the log and replay it beside the live views; change nothing, exit 5 on a difference",
    },
  },
  async run(context, values) {
    return values.check ? await check(context) : await rebuild(context);
  },
});

async function rebuild(context: CommandContext): Promise<number> {
  const result = await withExistingRegistry(context, replayLog);
  await context.out.json({
    through_sequence: result.throughSequence,
    events: result.events,
    unknown_event_types: Object.fromEntries(result.unknownTypes),
  });
  return 0;
}

async function check(context: CommandContext): Promise<number> {
  const result = await withRegistry(context, "read", checkReplay);
  for (const problem of result.logProblems) await context.notices.error(`log: ${problem.message}`);
  for (const { table, key, kind, column } of result.differences) {
    await context.notices.error(`${table} ${key}: ${kind}${column === undefined ? "" : ` in ${column}`}`);
  }
  await context.out.json({
    through_sequence: result.throughSequence,
    events: result.events,
    equal: result.equal,
    unknown_event_types: Object.fromEntries(result.unknownTypes),
    log_problem_count: result.logProblemCount,
    log_problems: result.logProblems.map(({ sequence, kind, message }) => ({
      sequence: sequence ?? null,
      kind,
      message,
    })),
    difference_count: result.differenceCount,
    differences: result.differences.map(describeDifference),
  });
  return result.equal ? 0 : INTEGRITY_EXIT;
}

function describeDifference(difference: ReplayCheck["differences"][number]) {
  const { table, key, kind, column, live, replayed } = difference;
  if (column === undefined) return { table, key, kind };
  return { table, key, kind, column, live: printable(live), replayed: printable(replayed) };
}

/** No view has a column of bytes; one of an edited database may. */
function printable(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value ?? null;
  return value.length === 32 ? contentAddress(value) : `${value.length} bytes`;
}
