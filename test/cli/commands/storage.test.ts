import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { withCliRegistry } from "../../support/cli-registry.ts";

/** BLAKE3 of `hello`. */
const HELLO_HEX = "ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f";
const HELLO = `blake3:${HELLO_HEX}`;
const HELLO_KEY = join("blake3", HELLO_HEX.slice(0, 2), HELLO_HEX.slice(2, 4), HELLO_HEX);

describe("storage", () => {
  it("tells of each backend what is expected there and what is stored", () =>
    withCliRegistry(async ({ json, push }) => {
      await push("one", { a: "hello", b: "hello", c: "other" });
      const { registry_id } = await json("log", "head");
      const { backends } = await json("storage", "status");
      assert.equal(backends.length, 1);
      const [local] = backends;
      assert.deepEqual([local.backend_id, local.configured, local.health.healthy], ["local", true, true]);
      assert.deepEqual([local.owner.state, local.owner.registry_id], ["own", registry_id]);
      assert.deepEqual(local.referenced, { locations: 3, blobs: 2, size_bytes: 10 });
      assert.deepEqual(local.stored, { blobs: 2, size_bytes: 10, forms: { container: 2 } });
    }));

  it("moves blobs out of the container and back, and they stay the same", () =>
    withCliRegistry(async ({ json, push, run, storeRoot }) => {
      const id = await push("one", { a: "hello" });
      assert.deepEqual(await json("storage", "unpack"), {
        backend_id: "local",
        moved_blobs: 1,
        moved_bytes: 5,
      });
      assert.equal(readFileSync(join(storeRoot, HELLO_KEY), "utf8"), "hello");
      assert.equal((await json("verify", id)).verified, true);
      assert.equal((await json("storage", "pack", "--backend", "local")).moved_blobs, 1);
      assert.equal(existsSync(join(storeRoot, HELLO_KEY)), false);
      assert.equal((await json("verify", id)).verified, true);
      assert.equal((await json("log", "head")).sequence, 4);
      assert.equal((await run(["storage", "pack", "--backend", "nowhere"])).exitCode, 2);
    }));

  it("prints a blob if it is there and right", () =>
    withCliRegistry(async ({ json, push, run, storeRoot }) => {
      await push("one", { a: "hello" });
      assert.equal((await run(["storage", "cat", HELLO])).stdout, "hello");
      assert.equal((await run(["storage", "cat", HELLO, "--backend", "local"])).stdout, "hello");
      assert.equal((await run(["storage", "cat", `blake3:${"0".repeat(64)}`])).exitCode, 3);
      assert.equal((await run(["storage", "cat", HELLO_HEX])).exitCode, 8);
      await json("storage", "unpack");
      rmSync(join(storeRoot, HELLO_KEY));
      writeFileSync(join(storeRoot, HELLO_KEY), "hullo");
      const damaged = await run(["storage", "cat", HELLO]);
      assert.deepEqual([damaged.exitCode, damaged.stdout], [5, ""]);
    }));

  it("takes a store over when told to, and only then", () =>
    withCliRegistry(async (first) => {
      await first.push("one", { a: "hello" });
      const owner = (await first.json("log", "head")).registry_id;
      await withCliRegistry(async (second) => {
        const there = ["--storage-local-root", first.storeRoot];
        await second.push("two", { a: "world" });
        const { registry_id } = await second.json("log", "head");
        assert.equal((await second.run(["storage", "unpack", ...there])).exitCode, 4);
        const status = await second.json("storage", "status", ...there);
        assert.deepEqual(
          [status.backends[0].owner.state, status.backends[0].owner.registry_id],
          ["foreign", owner],
        );
        assert.deepEqual(await second.json("storage", "adopt", "local", ...there), {
          backend_id: "local",
          previous_registry_id: owner,
          registry_id,
        });
        assert.equal((await second.run(["storage", "unpack", ...there])).exitCode, 0);
        assert.equal((await first.run(["storage", "pack"])).exitCode, 4);
      });
    }));

  it("takes the store over for a registry whose database was lost", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "hello" });
      const lost = (await registry.json("log", "head")).registry_id;
      await registry.database.destroy();
      await assert.rejects(registry.push("two", { a: "hello" }));

      assert.equal((await registry.run(["storage", "adopt", "nowhere"])).exitCode, 2);
      const adoption = await registry.json("storage", "adopt", "local");
      assert.equal(adoption.previous_registry_id, lost);
      assert.notEqual(adoption.registry_id, lost);
      const { registry_id, sequence } = await registry.json("log", "head");
      assert.deepEqual([registry_id, sequence], [adoption.registry_id, 0]);
      assert.equal(
        (await registry.json("storage", "adopt", "local")).previous_registry_id,
        adoption.registry_id,
      );

      const id = await registry.push("two", { a: "hello" });
      assert.equal((await registry.json("log", "head")).registry_id, adoption.registry_id);
      assert.equal((await registry.json("verify", id)).verified, true);
    }));
});
