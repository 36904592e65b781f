import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { describe, it } from "node:test";
import { type CliRegistry, withCliRegistry } from "../support/cli-registry.ts";
import { programCommand } from "../support/program.ts";

interface Follower {
  readonly child: ChildProcess;
  /** Sequences printed so far. */
  readonly sequences: readonly number[];
  /** Resolves once so many were printed. */
  printed(count: number): Promise<void>;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/** `events --follow` as a process of its own. */
async function follow(registry: CliRegistry, ...flags: string[]): Promise<Follower> {
  const [command = "", ...words] = await programCommand();
  const child = spawn(command, [...words, "events", "--follow", ...flags], {
    env: { ...process.env, ARTIFACTSTORE_DATABASE_URL: registry.database.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const sequences: number[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let rest = "";
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  child.stdout.on("data", (chunk) => {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) sequences.push(JSON.parse(line).sequence);
    for (const { count, resolve } of waiting) if (sequences.length >= count) resolve();
  });
  return {
    child,
    sequences,
    printed: (count) =>
      new Promise((resolve) => {
        if (sequences.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr }))),
  };
}

describe("following the events", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`prints each once and in order, and ends well on ${signal}`, () =>
      withCliRegistry(async (registry) => {
        await registry.push("first", { a: "1" });
        const follower = await follow(registry);
        await follower.printed(1);
        await Promise.all(["b", "c", "d"].map((name) => registry.push(name, { a: "1", b: name })));
        const { sequence } = await registry.json("log", "head");
        await follower.printed(sequence);
        // Deno answers no exit code to whoever used `ChildProcess.kill`.
        process.kill(follower.child.pid ?? 0, signal);
        assert.deepEqual(await follower.ended, { code: 0, stderr: "" });
        assert.deepEqual(
          follower.sequences,
          Array.from({ length: sequence }, (_, index) => index + 1),
        );
      }));
  }

  it("ends quietly when nobody reads any more", () =>
    withCliRegistry(async (registry) => {
      await registry.push("first", { a: "1" });
      const follower = await follow(registry);
      await follower.printed(1);
      follower.child.stdout?.destroy();
      await registry.push("second", { a: "1" });
      const { code, stderr } = await follower.ended;
      assert.equal(code, 141);
      assert.equal(stderr, "");
    }));
});
