import process from "node:process";
import type { Runtime } from "../../src/core/runtime-port.ts";

/** The runtime that the tests run on. */
export const runtime: Runtime = await (async () => {
  if (process.versions["bun"] !== undefined)
    return (await import("../../src/runtime/bun/runtime.ts")).runtime;
  return (await import("../../src/runtime/deno/runtime.ts")).runtime;
})();
