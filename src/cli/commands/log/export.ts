import { resolve } from "node:path";
import { ArtifactstoreError } from "../../../core/errors.ts";
import { LOG_EXPORT_COMPRESSIONS } from "../../../core/log-export.ts";
import { exportLog, type LogExport } from "../../../registry/export-log.ts";
import { refuseOwnTarget } from "../../../registry/refuse-own-files.ts";
import { defineCommand } from "../../command.ts";
import type { CommandContext } from "../../command-context.ts";
import { withRegistry } from "../../with-registry.ts";
import { checkTarget, writeOutputFile } from "../../write-output-file.ts";

export const command = defineCommand({
  arguments: {
    file: { type: "positional", description: "Where the log goes, - for standard output" },
    compress: { type: "enum", options: LOG_EXPORT_COMPRESSIONS, description: "Compress the file" },
    force: { type: "boolean", description: "Replace a regular file that is there already" },
  },
  async run(context, { file, compress, force }) {
    if (file === "")
      throw new ArtifactstoreError("usage", 'Cannot export the log: the file has no name ("")');
    const path = file === "-" ? undefined : resolve(context.workingDirectory, file);
    if (path === undefined && context.out.isTerminal) {
      throw new ArtifactstoreError("usage", "Cannot export the log: it is no text for a terminal");
    }
    if (path !== undefined) checkTarget(path, force);
    return await withRegistry(context, "read", async (registry) => {
      const { signal } = context;
      if (path !== undefined) refuseOwnTarget(registry, path);
      const exported = await exportLog(registry, compress === undefined ? {} : { compression: compress });
      if (path === undefined) return await print(context, exported);
      const sizeBytes = await writeOutputFile(path, exported.chunks, { force, signal });
      const { registry_id = null, sequence, root_hash, created_at = null } = exported.head;
      const events = sequence;
      await context.out.json({
        ...{ file: path, size_bytes: sizeBytes, registry_id, events, sequence, root_hash, created_at },
      });
      return 0;
    });
  },
});

async function print({ out, signal }: CommandContext, { chunks }: LogExport): Promise<number> {
  for await (const chunk of chunks) {
    await out.bytes(chunk);
    signal.throwIfAborted();
  }
  return 0;
}
