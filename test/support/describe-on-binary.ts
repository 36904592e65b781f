import { describe, it } from "node:test";
import { PROGRAM_FORM } from "./program.ts";

/**
 * A suite over the compiled binary, for what depends on the program and not on the runtime: Deno starts too slowly to
 * run everything twice. There it says that it is skipped.
 */
export function describeOnBinary(name: string, define: () => void): void {
  describe(name, () => {
    if (PROGRAM_FORM === "binary") define();
    else it("is run on the binary", { skip: "runs under Bun, on the compiled binary" }, () => {});
  });
}
