import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { bunPath, ROOT } from "../../scripts/project.ts";
import { runTool } from "../../scripts/run-tool.ts";
import { withServer } from "../support/http-server.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** What users of the library write; runs wherever there is `fetch`. */
const PROGRAM = `
import { createClient } from "./client.js";
const client = createClient({ baseUrl: process.argv[2], token: "secret-all" });
const said = { name: "n", producer: "tests", subject: "s", retention_class: "transient" };
const { id } = await client.packages.create(said);
const bytes = new Uint8Array(300_000).fill(7);
await client.packageFiles.put(id, "a.bin", () => new Blob([bytes]).stream());
await client.packageFiles.addArchive(id, [{ path: "b", bytes: new Uint8Array(3) }]);
await client.packages.finalize(id);
let total = 0;
for await (const file of client.packages.files(id))
  for await (const chunk of client.files.download(file)) total += chunk.length;
for await (const { event } of client.events.follow({ subject: id }))
  if (event.event_type === "v1.package.finalized") break;
const code = await client.packages.show("nothing").catch((error) => error.code);
console.log(JSON.stringify([total, code]));
process.exit(0);
`;

/** The library as one file, as a bundler for browsers makes it. */
async function bundle(directory: string): Promise<string> {
  const path = join(directory, "client.js");
  const entry = join(ROOT, "src", "client", "mod.ts");
  const built = await runTool(bunPath(), ["build", entry, "--target=browser", "--outfile", path]);
  assert.equal(built.exitCode, 0, built.stderr);
  return path;
}

async function has(program: string): Promise<boolean> {
  return await runTool(program, ["--version"]).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

const withoutNode = (await has("node")) ? {} : { skip: "there is no node here" };

describe("the client elsewhere", () => {
  it("asks for no module of a runtime, and names none", () =>
    withTemporaryDirectory(async (directory) => {
      const text = readFileSync(await bundle(directory), "utf8");
      assert.doesNotMatch(text, /["']node:|\brequire\(|\bBuffer\.|\bprocess\.(?!env)|\b(Bun|Deno)\./);
    }));

  it("runs under Node", withoutNode, () =>
    withServer(async (server) => {
      await bundle(server.directory);
      const program = join(server.directory, "program.mjs");
      writeFileSync(program, PROGRAM);
      const child = spawn("node", [program, server.url], {
        env: { PATH: process.env["PATH"] ?? "" },
        stdio: ["ignore", "pipe", "inherit"],
      });
      let printed = "";
      child.stdout.on("data", (chunk: Uint8Array) => {
        printed += Buffer.from(chunk).toString("utf8");
      });
      await new Promise((resolve) => child.on("close", resolve));
      assert.deepEqual(JSON.parse(printed), [300_003, "invalid_input"]);
    }),
  );
});
