import { readBlob } from "../../../registry/storage-cat.ts";
import { defineCommand } from "../../command.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: {
    "content-address": { type: "positional", description: "Blob, as blake3:<hex>" },
    backend: {
      type: "string",
      description: "From this backend (whichever has a good copy)",
      valueHint: "id",
    },
  },
  async run(context, values) {
    await withRegistry(context, "read", async (registry) => {
      const { signal } = context;
      const chunks = await readBlob(registry, values["content-address"], {
        ...(values.backend === undefined ? {} : { backendId: values.backend }),
        signal,
        onSkipped: (text) => void context.notices.warn(text),
      });
      for await (const chunk of chunks) {
        await context.out.bytes(chunk);
        signal.throwIfAborted();
      }
    });
    return 0;
  },
});
