#!/usr/bin/env bun
import process from "node:process";
import { runCli } from "./cli/main.ts";
import { processIo } from "./cli/process-io.ts";
import { runtime } from "./runtime/bun/runtime.ts";

// Exits by itself: output is written by then, and worker threads or open databases must not hold the process.
process.exit(await runCli(runtime, process.argv.slice(2), processIo()));
