import type { Runtime } from "../core/runtime-port.ts";

/**
 * The runtime that this code runs on, for those who use it as a library. The program's own entries know theirs and do
 * not ask: a bundler would take in both.
 */
export async function currentRuntime(): Promise<Runtime> {
  const { runtime } =
    "Deno" in globalThis ? await import("./deno/runtime.ts") : await import("./bun/runtime.ts");
  return runtime;
}
