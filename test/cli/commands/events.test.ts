import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { encodeCanonicalCbor } from "../../../src/core/canonical-cbor.ts";
import { printCanonicalJson } from "../../../src/core/canonical-json.ts";
import { type CliRegistry, withCliRegistry } from "../../support/cli-registry.ts";
import { TEST_DATABASE } from "../../support/test-database.ts";

async function linesOf(registry: CliRegistry, ...flags: string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await registry.run(["events", ...flags]);
  assert.equal(exitCode, 0, stderr);
  return stdout.split("\n").slice(0, -1);
}

describe("events", () => {
  it("prints one object of canonical JSON a line, in order of sequence", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1", b: "2" });
      const lines = await linesOf(registry);
      const events = lines.map((line) => JSON.parse(line));
      assert.deepEqual(
        events.map((event) => [event.sequence, event.event_type]),
        [
          [1, "v1.package.created"],
          [2, "v1.retention.default_applied"],
          [3, "v1.file.ingested"],
          [4, "v1.file.ingested"],
          [5, "v1.package.finalized"],
        ],
      );
      assert.deepEqual(
        lines,
        events.map((event) => printCanonicalJson(event)),
      );
      const finalized = events.at(-1);
      const { manifest, manifest_digest } = await registry.json("manifest", finalized.subject_id);
      assert.deepEqual([finalized.payload, finalized.payload_digest], [manifest, manifest_digest]);
    }));

  it("prints an event that somebody gave byte strings, and those after it", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      const payload = encodeCanonicalCbor({ a: [new Uint8Array([1, 2])] });
      const hex = Buffer.from(payload).toString("hex");
      const literal = TEST_DATABASE === "sqlite" ? `x'${hex}'` : `'\\x${hex}'::bytea`;
      await registry.database.tamper(`UPDATE events SET payload = ${literal} WHERE sequence = 2`);
      const events = (await linesOf(registry)).map((line) => JSON.parse(line));
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        [1, 2, 3, 4],
      );
      assert.equal(events[1].payload, null);
      assert.deepEqual(Buffer.from(events[1].payload_cbor_base64, "base64"), Buffer.from(payload));
    }));

  it("takes a part: from a sequence on, so many, of one subject", () =>
    withCliRegistry(async (registry) => {
      const one = await registry.push("one", { a: "1" });
      const schema = join(registry.directory, "schema.json");
      writeFileSync(schema, "{}");
      await registry.json("schema", "register", "tests.v1", schema);
      await registry.push("two", { a: "2" });
      const sequences = async (...flags: string[]) =>
        (await linesOf(registry, ...flags)).map((line) => JSON.parse(line).sequence);
      assert.deepEqual(await sequences("--since", "7"), [8, 9]);
      assert.deepEqual(await sequences("--since", "2", "--limit", "2"), [3, 4]);
      assert.deepEqual(await sequences("--limit", "0"), []);
      assert.deepEqual(await sequences("--subject", one), [1, 2, 3, 4]);
      assert.deepEqual(await sequences("--subject", "tests.v1"), [5]);
      assert.deepEqual(await sequences("--since", "9"), []);
    }));

  it("follows what is recorded meanwhile, until it is interrupted", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      let interrupt = () => {};
      const following = registry.run(["events", "--follow", "--since", "3"], {
        onStart: (raise) => {
          interrupt = () => raise("SIGINT");
        },
      });
      await registry.push("two", { a: "2" });
      // Nobody else may end the following: the limit is what tells that both packages were seen.
      const both = await registry.run(["events", "--follow", "--since", "3", "--limit", "5"]);
      assert.equal(both.stdout.split("\n").length, 6);
      interrupt();
      const { exitCode, stdout } = await following;
      assert.equal(exitCode, 0);
      assert.equal(JSON.parse(stdout.split("\n")[0] ?? "").sequence, 4);
    }));

  it("ends when nobody reads any more", () =>
    withCliRegistry(async (registry) => {
      await registry.push("one", { a: "1" });
      const { exitCode } = await registry.run(["events", "--follow"], { readsOutput: 1 });
      assert.equal(exitCode, 141);
    }));
});
