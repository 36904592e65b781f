import { ArtifactstoreError } from "../../../core/errors.ts";
import { hashSecret } from "../../../http/auth/parse-tokens.ts";
import { defineCommand } from "../../command.ts";

/** A secret is a line. Bytes. */
const SECRET_MAX_BYTES = 4096;

/** From standard input alone: a command line is seen by every user of the host, and kept by the shell. */
export const command = defineCommand({
  arguments: {},
  async run(context) {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of context.stdin()) {
      length += chunk.length;
      if (length > SECRET_MAX_BYTES) {
        throw new ArtifactstoreError(
          "limit_exceeded",
          `Cannot hash the secret: it has more than ${SECRET_MAX_BYTES} bytes`,
        );
      }
      chunks.push(chunk.slice());
    }
    const secret = decode(Buffer.concat(chunks)).replace(/\r?\n$/, "");
    if (secret === "" || /[\s\p{Cc},]/u.test(secret)) {
      throw new ArtifactstoreError(
        "invalid_input",
        "Cannot hash the secret: it is empty, or holds white space, a comma or a control character",
      );
    }
    await context.out.text(`${hashSecret(secret)}\n`);
    return 0;
  },
});

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ArtifactstoreError("invalid_input", "Cannot hash the secret: it is not UTF-8", { cause });
  }
}
