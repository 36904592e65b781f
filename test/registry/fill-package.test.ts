import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { addFile } from "../../src/registry/add-file.ts";
import { createPackage } from "../../src/registry/create-package.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import { finalizePackage } from "../../src/registry/finalize-package.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { beginPackage, PACKAGE_REQUEST, sendFile } from "../support/fill-package.ts";
import { hookedRegistry } from "../support/hooked-registry.ts";
import { openTestRegistry, requestFor } from "../support/open-registry.ts";
import { eventTypes, FILES, leaseCount, withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

function temporaryFiles(directory: string): string[] {
  return readdirSync(join(directory, "home", "var", "storage", "tmp"));
}

describe("a package filled file by file", () => {
  it("has the manifest digest of the same content registered at once", () =>
    withScene(async ({ source, directory, registry }) => {
      const other = await openTestRegistry(join(directory, "other"));
      const whole = await registerPackage(other.registry, await requestFor(source)).finally(other.close);
      const packageId = await beginPackage(registry, { externalId: "run-1" });
      for (const [path, content] of Object.entries(FILES).reverse()) {
        await sendFile(registry, packageId, path, content);
      }
      const sealed = await finalizePackage(registry, packageId);
      assert.equal(sealed.manifestDigest, whole.manifestDigest);
      assert.deepEqual([sealed.fileCount, sealed.existed], [Object.keys(FILES).length, false]);
      assert.deepEqual(await finalizePackage(registry, packageId), { ...sealed, existed: true });
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
      assert.equal(await leaseCount(registry), 0);
      assert.deepEqual(temporaryFiles(directory), []);
      const expected = Object.keys(FILES).map(() => "file.ingested");
      assert.deepEqual(await eventTypes(registry), [
        "package.created",
        "retention.default_applied",
        ...expected,
        "package.finalized",
      ]);
      // The same run, ingested from its directory, is the package that is there.
      const again = await registerPackage(registry, await requestFor(source));
      assert.deepEqual([again.packageId, again.reusedExisting], [packageId, true]);
    }));

  it("is answered to whoever asks for its external id again", () =>
    withScene(async ({ registry }) => {
      const first = await createPackage(registry, { ...PACKAGE_REQUEST, externalId: "run-1" });
      assert.equal(first.existed, false);
      const again = await createPackage(registry, {
        ...PACKAGE_REQUEST,
        externalId: "run-1",
        name: "another",
      });
      assert.deepEqual(again, { ...first, existed: true });
      const both = await Promise.all(
        [1, 2].map(() => createPackage(registry, { ...PACKAGE_REQUEST, externalId: "run-2" })),
      );
      assert.equal(both[0]?.packageId, both[1]?.packageId);
      assert.deepEqual(both.map(({ existed }) => existed).sort(), [false, true]);
    }));

  it("takes a file once: the same is answered, another at its path refused", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const first = await sendFile(registry, packageId, "a/b", "first");
      assert.equal(first.existed, false);
      assert.deepEqual(await sendFile(registry, packageId, "a/b", "first"), { ...first, existed: true });
      await rejectsWithCode("path_conflict", sendFile(registry, packageId, "a/b", "second"));
      await rejectsWithCode("path_conflict", sendFile(registry, packageId, "a/b", new Uint8Array(200_000)));
      await rejectsWithCode("path_conflict", sendFile(registry, packageId, "a", "below a file"));
      await rejectsWithCode("path_conflict", sendFile(registry, packageId, "a/b/c", "below a file"));
      const type = { mediaType: "text/html" };
      await rejectsWithCode("path_conflict", sendFile(registry, packageId, "a/b", "first", type));
      assert.equal((await finalizePackage(registry, packageId)).fileCount, 1);
      assert.equal(await leaseCount(registry), 0);
      assert.deepEqual(temporaryFiles(directory), []);
    }));

  it("refuses what can be refused before a byte is read", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      let pulled = 0;
      const body = async function* () {
        pulled += 1;
        yield new Uint8Array(1);
      };
      const file = { path: "a", maxBytes: 10 };
      const refuse = async (code: Parameters<typeof rejectsWithCode>[0], id: string, more: object) => {
        await rejectsWithCode(code, addFile(registry, id, { ...file, ...more }, body()));
      };
      await refuse("invalid_path", packageId, { path: "../a" });
      await refuse("invalid_input", packageId, { mediaType: "no type" });
      await refuse("invalid_input", "not an id", {});
      await refuse("package_not_found", registry.newId(), {});
      await refuse("limit_exceeded", packageId, { expected: { sizeBytes: 11 } });
      await abandonPackage(registry, packageId, "no more");
      await refuse("package_state", packageId, {});
      assert.equal(pulled, 0);
    }));

  it("compares the bytes with what was declared", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      for (const content of ["small", new Uint8Array(300_000)]) {
        const sha256 = createHash("sha256").update(content).digest("hex");
        const wrong = [
          { sha256: sha256.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) },
          { contentAddress: `blake3:${"0".repeat(64)}` },
          { sha256, sizeBytes: bytesOf(content).length + 1 },
        ];
        for (const expected of wrong) {
          await rejectsWithCode("digest_mismatch", sendFile(registry, packageId, "a", content, { expected }));
        }
        const expected = { sha256, sizeBytes: bytesOf(content).length };
        const path = `ok ${expected.sizeBytes}`;
        const added = await sendFile(registry, packageId, path, content, { expected });
        const { content_address } = added.entry;
        const same = { expected: { contentAddress: content_address } };
        assert.equal((await sendFile(registry, packageId, path, content, same)).existed, true);
      }
      assert.deepEqual(temporaryFiles(directory), []);
    }));

  it("cannot be sealed without a file, after it was given up, or if it never was", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      await rejectsWithCode("package_state", finalizePackage(registry, packageId));
      await abandonPackage(registry, packageId, "no more");
      await rejectsWithCode("package_state", finalizePackage(registry, packageId));
      await rejectsWithCode("package_not_found", finalizePackage(registry, registry.newId()));
      await rejectsWithCode("invalid_input", finalizePackage(registry, "x"));
    }));

  it("can be given up while it is not sealed, and its external id is free again", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry, { externalId: "run-1" });
      await sendFile(registry, packageId, "a", "a");
      await rejectsWithCode("invalid_input", abandonPackage(registry, packageId, ""));
      await abandonPackage(registry, packageId, "no more");
      await rejectsWithCode("package_state", abandonPackage(registry, packageId, "no more"));
      await rejectsWithCode("package_state", sendFile(registry, packageId, "b", "b"));
      const next = await createPackage(registry, { ...PACKAGE_REQUEST, externalId: "run-1" });
      assert.deepEqual([next.existed, next.packageId === packageId], [false, false]);
      await sendFile(registry, next.packageId, "a", "a");
      await finalizePackage(registry, next.packageId);
      await rejectsWithCode("package_state", abandonPackage(registry, next.packageId, "too late"));
      await rejectsWithCode("package_not_found", abandonPackage(registry, registry.newId(), "none"));
      await rejectsWithCode("invalid_input", abandonPackage(registry, "x", "none"));
    }));

  it("keeps a file out that comes while it is being sealed, or has it in the manifest", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      await sendFile(registry, packageId, "0", "zero");
      const late = Array.from({ length: 8 }, (_, at) => sendFile(registry, packageId, `late ${at}`, `${at}`));
      const sealed = await finalizePackage(registry, packageId);
      const settled = await Promise.allSettled(late);
      const added = settled.filter(({ status }) => status === "fulfilled").length;
      assert.equal(sealed.fileCount, added + 1);
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
      assert.equal(await leaseCount(registry), 0);
    }));

  it("belongs to whoever the context says", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage({ ...registry, actor: "one" });
      await Promise.all([
        sendFile({ ...registry, actor: "two" }, packageId, "a", "a"),
        sendFile({ ...registry, actor: "three" }, packageId, "b", "b"),
      ]);
      const rows = await registry.database.read((reader) =>
        reader.all<{ actor: string }>(sql`SELECT actor FROM events ORDER BY sequence`),
      );
      const actors = rows.map(({ actor }) => actor);
      assert.deepEqual(actors.slice(0, 2), ["one", "one"]);
      assert.deepEqual(actors.slice(2).sort(), ["three", "two"]);
    }));

  it("is filled by many at once, and the registry is sound", () =>
    withScene(async ({ registry }) => {
      const one = async (number: number) => {
        const packageId = await beginPackage(registry, { externalId: `many ${number}` });
        await Promise.all(
          [0, 1, 2].map((at) => sendFile(registry, packageId, `f/${at}`, `shared ${at} of ${number % 3}`)),
        );
        return await finalizePackage(registry, packageId);
      };
      const sealed = await Promise.all(Array.from({ length: 24 }, (_, number) => one(number)));
      assert.equal(new Set(sealed.map(({ packageId }) => packageId)).size, 24);
      const report = await diagnose(registry, { deep: true });
      assert.deepEqual(report.problems, []);
      assert.equal(await leaseCount(registry), 0);
    }));

  it("is recorded after its lease ran out if the bytes are still there, and otherwise not", () =>
    withScene(async ({ registry, directory }) => {
      for (const isDeleted of [false, true]) {
        const packageId = await beginPackage(registry);
        let done = false;
        const slow = hookedRegistry(registry, async ({ name }) => {
          if (name !== "after put" || done) return;
          done = true;
          await registry.database.write((writer) => writer.run(sql`DELETE FROM leases`));
          if (!isDeleted) return;
          const store = registry.backends.get("local");
          for await (const { address } of store?.blobs.list() ?? []) await store?.blobs.delete(address);
        });
        const sent = sendFile(slow, packageId, "a", `content, deleted: ${isDeleted}`);
        if (isDeleted) await rejectsWithCode("blob_busy", sent);
        else assert.equal((await sent).existed, false);
        assert.equal(done, true);
        assert.equal(await leaseCount(registry), 0);
      }
      assert.deepEqual(temporaryFiles(directory), []);
    }));
});
