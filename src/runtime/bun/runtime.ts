import type { Runtime } from "../../core/runtime-port.ts";
import { openSqlite } from "./sqlite.ts";

export const runtime: Runtime = {
  name: "bun",
  version: Bun.version,
  compiled: import.meta.path.startsWith("/$bunfs/") || import.meta.path.includes("~BUN"),
  openSqlite,
  serve: async (options) => (await import("./serve.ts")).serve(options),
  collectGarbage: () => Bun.gc(true),
};
