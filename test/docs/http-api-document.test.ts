import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/project.ts";
import { withServer } from "../support/http-server.ts";

const DOCUMENT = readFileSync(join(ROOT, "docs", "http-api.md"), "utf8");

describe("docs/http-api.md", () => {
  it("has a life of a package that works as it stands there", async () => {
    const [, script = ""] = /<!-- transcript -->\n```sh\n([\s\S]*?)```/.exec(DOCUMENT) ?? [];
    assert.notEqual(script, "");
    await withServer(async ({ url, directory, json }) => {
      const { exitCode, output } = await runShell(script, directory, { API: url, TOKEN: "secret-all" });
      assert.equal(exitCode, 0, output);
      const { items } = await json(200, "/packages");
      assert.equal(items[0].status, "finalized");
      assert.equal(items[0].file_count, 4);
      const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8"));
      assert.equal(manifest.files.length, 4);
    });
  });
});

function runShell(
  script: string,
  cwd: string,
  variables: Readonly<Record<string, string>>,
): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: cwd, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const take = (chunk: Uint8Array) => {
      output += Buffer.from(chunk).toString("utf8");
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output }));
  });
}
