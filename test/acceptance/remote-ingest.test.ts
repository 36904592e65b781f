import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../scripts/project.ts";
import { createClient } from "../../src/client/create-client.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { writeFiles } from "../support/open-registry.ts";
import { runProgram } from "../support/program.ts";
import { seededBytes } from "../support/remote-client.ts";
import { runScript } from "../support/run-script.ts";
import { type ServeProcess, startServe } from "../support/serve-process.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const TOKEN = "dev-token";

async function withServe(
  work: (served: {
    server: ServeProcess;
    directory: string;
    environment: Record<string, string>;
  }) => Promise<void>,
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    mkdirSync(join(directory, "server"));
    const server = await startServe(join(directory, "server"), { AUTH_TOKENS: TOKEN });
    try {
      const environment = { ARTIFACTSTORE_API_URL: server.url, ARTIFACTSTORE_API_TOKEN: TOKEN };
      await work({ server, directory, environment });
    } finally {
      server.kill("SIGKILL");
      await server.ended;
    }
  });
}

describe("the program through a server that is one too", () => {
  it("does the guide of guide-board: schema, ingest, manifest", () =>
    withServe(async ({ server, directory, environment }) => {
      const run = join(directory, "run");
      writeGuideBoardRun(run, {});
      const script = join(ROOT, "scripts", "register-guide-board-schema.ts");
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      assert.equal(await runScript(script, [], ["env", ...variables]), "");
      const options = { environment, cwd: directory };
      const ingested = await runProgram(["guide-board", "ingest", run, "--api", server.url], options);
      assert.equal(ingested.exitCode, 0, ingested.stderr);
      const { package_id, manifest_digest } = JSON.parse(ingested.stdout);
      const schema = await runProgram(["schema", "show", "guide-board.run.v1"], options);
      assert.notEqual(JSON.parse(schema.stdout).registered_at, null);
      const manifest = await runProgram(["manifest", package_id], options);
      assert.equal(JSON.parse(manifest.stdout).manifest_digest, manifest_digest);
      const direct = await runProgram(["guide-board", "ingest", run], { cwd: directory });
      assert.equal(JSON.parse(direct.stdout).manifest_digest, manifest_digest);
      const verified = await runProgram(["verify", package_id], options);
      assert.equal(verified.exitCode, 0, verified.stderr);
    }));

  it("outlives a server that is killed and started again", () =>
    withServe(async ({ server, directory, environment }) => {
      const tree = join(directory, "tree");
      const files = Array.from({ length: 200 }, (_, index) => [
        `${index}.bin`,
        seededBytes(40_000, index + 1),
      ]);
      writeFiles(tree, Object.fromEntries(files));
      const argv = ["push", tree, "--producer", "p", "--subject", "s", "--retention-class", "transient"];
      argv.push("--external-id", "x");
      const client = createClient({ baseUrl: server.url, token: TOKEN });
      const pushing = runProgram(argv, { environment });
      // As soon as something of it is recorded.
      for await (const { event } of client.events.follow())
        if (event.event_type === "v1.file.ingested") break;
      server.kill("SIGKILL");
      await server.ended;
      const { port } = new URL(server.url);
      const again = await startServe(join(directory, "server"), { AUTH_TOKENS: TOKEN }, port);
      try {
        const pushed = await pushing;
        assert.equal(pushed.exitCode, 0, pushed.stderr);
        const { package_id, file_count } = JSON.parse(pushed.stdout);
        assert.equal(file_count, 200);
        const verified = await runProgram(["verify", package_id], { environment });
        assert.equal(verified.exitCode, 0, verified.stderr);
      } finally {
        again.kill("SIGTERM");
        await again.ended;
      }
      const doctor = await runProgram(["doctor"], { cwd: join(directory, "server") });
      assert.equal(doctor.exitCode, 0, doctor.stdout);
    }));
});
