import process from "node:process";
import { runCli } from "./cli/main.ts";
import { processIo } from "./cli/process-io.ts";
import { runtime } from "./runtime/deno/runtime.ts";

process.exit(await runCli(runtime, process.argv.slice(2), processIo()));
