import process from "node:process";
import type { Runtime } from "../../core/runtime-port.ts";
import { openSqlite } from "./sqlite.ts";

export const runtime: Runtime = {
  name: "deno",
  version: process.versions["deno"] ?? "unknown",
  compiled: false,
  openSqlite,
  serve: async (options) => (await import("./serve.ts")).serve(options),
  // Deno collects by itself, and can be asked only under a flag.
  collectGarbage: () => {},
};
