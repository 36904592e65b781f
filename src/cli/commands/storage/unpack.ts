import { defineCommand } from "../../command.ts";
import { BACKEND_ARGUMENT, moveBlobs } from "../../move-blobs.ts";

export const command = defineCommand({
  arguments: { ...BACKEND_ARGUMENT },
  run: (context, values) => moveBlobs(context, values.backend, "unpack"),
});
