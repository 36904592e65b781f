import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { PROGRAM_FORM, programCommand } from "../support/program.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** Runs the program with a redirection of bash behind it. */
async function redirected(redirection: string, args: readonly string[], cwd: string) {
  const words = [...(await programCommand()), ...args];
  const options = { cwd, env: process.env, encoding: "utf8" } as const;
  return spawnSync("bash", ["-c", `"$@" ${redirection}`, "bash", ...words], options);
}

const noFullDevice = existsSync("/dev/full") ? false : "there is no /dev/full here";
const noBadDescriptor = PROGRAM_FORM === "deno" ? "Deno takes EBADF of standard output for success" : false;

describe("a process whose standard output is lost", () => {
  it("says so when the disk is full", { skip: noFullDevice }, () =>
    withTemporaryDirectory(async (directory) => {
      for (const args of [["config"], ["--help"], ["config", "--help"]]) {
        const { status, stderr } = await redirected(">/dev/full", args, directory);
        assert.equal(status, 7, stderr);
        assert.match(stderr, /^artifactstore: .*no space left.*\(output_unavailable\)\n$/i);
      }
    }),
  );

  it("says so when the descriptor is not open for writing", { skip: noBadDescriptor }, () =>
    withTemporaryDirectory(async (directory) => {
      const { status, stderr } = await redirected("1</dev/null", ["config"], directory);
      assert.equal(status, 7, stderr);
      assert.match(stderr, /\(output_unavailable\)\n$/);
    }),
  );

  it("ends with 141 and says nothing when nobody reads it", () =>
    withTemporaryDirectory(async (directory) => {
      // The fifo has no reader any more when the program begins.
      const words = [...(await programCommand()), "config"];
      const program = 'mkfifo f; exec 3<>f; exec 4>f; exec 3<&-; "$@" >&4';
      const options = { cwd: directory, env: process.env, encoding: "utf8" } as const;
      const { status, stderr } = spawnSync("bash", ["-c", program, "bash", ...words], options);
      assert.deepEqual([status, stderr], [141, ""]);
    }));

  it("does its work although standard error takes nothing", { skip: noFullDevice }, () =>
    withTemporaryDirectory(async (directory) => {
      const { status, stdout } = await redirected("2>/dev/full", ["doctor"], directory);
      assert.deepEqual([status, stdout], [3, ""]);
    }),
  );
});
