import { closeSync, fstatSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { ArtifactstoreError } from "../../../core/errors.ts";
import { quoteForTerminal } from "../../../core/terminal-text.ts";
import { importLog } from "../../../registry/import-log.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../command-context.ts";
import { readChunks } from "../../read-chunks.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    file: { type: "positional", description: "A log export, - for standard input" },
  },
  async run(context, { file }) {
    const { signal } = context;
    // Opened before the registry, which would be made for a file that is not there.
    const source = openSource(context, file);
    try {
      const result = await withRegistry(context, "write", (registry) =>
        importLog(registry, source.chunks, { signal }),
      );
      const { registry_id = null, sequence, root_hash, created_at = null } = result.head;
      await context.out.json({
        ...{ registry_id, events: result.events, sequence, root_hash, created_at },
        unknown_event_types: Object.fromEntries(result.unknownTypes),
      });
      return 0;
    } finally {
      source.close();
    }
  },
});

interface Source {
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

/** Throws `source_refused`. */
function openSource(context: CommandContext, file: string): Source {
  if (file === "-") return { chunks: context.stdin(), close: () => {} };
  let descriptor: number;
  try {
    descriptor = openSync(resolve(context.workingDirectory, file), "r");
  } catch (cause) {
    throw refused(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (fstatSync(descriptor).isDirectory()) {
    closeSync(descriptor);
    throw refused(file, "it is a directory");
  }
  return { chunks: readChunks(descriptor, context.signal), close: () => closeSync(descriptor) };
}

function refused(file: string, state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("source_refused", `Cannot read ${quoteForTerminal(file)}: ${state}`, {
    cause,
  });
}
