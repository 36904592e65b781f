import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Installation } from "../support/installation.ts";
import { sampleExport } from "../support/log-export-scene.ts";
import { programCommand } from "../support/program.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { runtime } from "../support/test-runtime.ts";

/** Whether somebody is in the middle of writing. */
function isLocked(databasePath: string): boolean {
  if (!existsSync(databasePath)) return false;
  const connection = runtime.openSqlite(databasePath, { readOnly: false, create: false });
  try {
    connection.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  } finally {
    connection.close();
  }
}

describe("an import that is killed", () => {
  it("leaves an empty registry, and can be run again", () =>
    withTemporaryDirectory(async (directory) => {
      const bytes = await sampleExport();
      const installation = new Installation(directory);
      const [command = "", ...words] = await programCommand();
      const child = spawn(command, [...words, "log", "import", "-"], {
        env: { ...process.env, ...installation.environment },
        stdio: ["pipe", "ignore", "ignore"],
      });
      const ended = new Promise((resolve) => child.on("close", resolve));
      // All but its end: it has taken in the first page, holds the lock, and waits for more.
      child.stdin.on("error", () => {});
      child.stdin.write(bytes.subarray(0, bytes.length - 50));
      while (!isLocked(installation.databasePath)) await sleep(5);
      child.kill("SIGKILL");
      await ended;

      const head = await installation.head();
      assert.deepEqual([head.sequence, head.registry_id], [0, null]);
      assert.deepEqual((await installation.json<{ items: unknown[] }>(["packages", "list"])).items, []);

      const path = join(directory, "registry.log");
      writeFileSync(path, bytes);
      await installation.json(["log", "import", path]);
      const exported = await installation.run(["log", "export", "-"]);
      assert.deepEqual(Buffer.from(exported.bytes), Buffer.from(bytes));
    }));
});
