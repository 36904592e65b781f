import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { finalizePackage } from "../../src/registry/finalize-package.ts";
import { appendUpload, findUpload } from "../../src/registry/uploads/append-upload.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { blobSample, streamOf } from "../support/blob-samples.ts";
import { openTestRegistry, testRegistryDatabase } from "../support/open-registry.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { runtime } from "../support/test-runtime.ts";

const SCRIPT = join(import.meta.dirname, "..", "support", "upload-process.ts");

describe("an upload whose server is killed", () => {
  it("goes on at once where it was, and has the digest of the whole", () =>
    withTemporaryDirectory(async (directory) => {
      const home = join(directory, "home");
      const { registry, close } = await openTestRegistry(home);
      try {
        const flags = runtime.name === "bun" ? [] : ["run", "--allow-all", "--no-check"];
        const words = [...flags, SCRIPT, home, testRegistryDatabase(home).url];
        const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
        const ended = once(child, "close");
        const [printed] = await Promise.race([once(child.stdout, "data"), ended]);
        const { id, packageId } = JSON.parse(String(printed)) as { id: string; packageId: string };
        const [name = ""] = readdirSync(join(home, "var", "storage", "tmp"));
        const file = join(home, "var", "storage", "tmp", name);
        while (statSync(file).size <= 2_000_000) await new Promise((resolve) => setTimeout(resolve, 5));
        child.kill("SIGKILL");
        await ended;

        const { offsetBytes } = await findUpload(registry, id);
        assert.equal(offsetBytes, 2_000_000);
        const sample = blobSample(1, 3_500_000);
        const rest = streamOf(sample.bytes.subarray(offsetBytes), 500_000);
        const done = await appendUpload(registry, id, { offsetBytes }, rest);
        assert.notEqual(done.fileId, undefined);
        await finalizePackage(registry, packageId);
        assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
        assert.deepEqual(readdirSync(join(home, "var", "storage", "tmp")), []);
      } finally {
        await close();
      }
    }));
});
