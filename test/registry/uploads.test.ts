import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import { abandonPackage } from "../../src/registry/abandon-package.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import { finalizePackage } from "../../src/registry/finalize-package.ts";
import { reclaim } from "../../src/registry/reclaim.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { appendUpload, findUpload, type UploadPart } from "../../src/registry/uploads/append-upload.ts";
import { createUpload, type UploadRequest } from "../../src/registry/uploads/create-upload.ts";
import { clearExpiredUploads, terminateUpload } from "../../src/registry/uploads/end-uploads.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { blobSample, streamOf } from "../support/blob-samples.ts";
import { beginPackage, sendFile } from "../support/fill-package.ts";
import { openTestRegistry } from "../support/open-registry.ts";
import { leaseCount, withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const LARGE = blobSample(1, 3_500_000);
const DAY_MS = 24 * 60 * 60 * 1000;

function begin(registry: RegistryContext, packageId: string, more: Partial<UploadRequest> = {}) {
  const request = { path: "large", sizeBytes: LARGE.bytes.length, metadata: "as sent", maxBytes: 10_000_000 };
  return createUpload(registry, packageId, { ...request, ...more });
}

function part(
  registry: RegistryContext,
  id: string,
  from: number,
  to: number,
  more: Partial<UploadPart> = {},
  bytes = LARGE.bytes,
) {
  const body = streamOf(bytes.subarray(from, to), 300_000);
  return appendUpload(registry, id, { offsetBytes: from, ...more }, body);
}

/** Some bytes, and then the connection is lost. */
async function* broken(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* streamOf(bytes, 100_000);
  throw new Error("connection reset");
}

function temporaryFiles(directory: string): string[] {
  const path = join(directory, "home", "var", "storage", "tmp");
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
}

async function uploadCount(registry: RegistryContext): Promise<number | undefined> {
  const row = await registry.database.read((reader) =>
    reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM uploads`),
  );
  return row?.n;
}

describe("a resumable upload", () => {
  it("comes in parts, and becomes a file of its package", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const upload = await begin(registry, packageId, { mediaType: "text/plain" });
      assert.deepEqual([upload.offsetBytes, upload.metadata, upload.fileId], [0, "as sent", undefined]);
      assert.equal((await part(registry, upload.id, 0, 1_200_000)).offsetBytes, 1_200_000);
      assert.equal((await findUpload(registry, upload.id)).offsetBytes, 1_200_000);
      await rejectsWithCode("upload_offset_conflict", part(registry, upload.id, 0, 10));
      await part(registry, upload.id, 1_200_000, 1_200_000);
      const done = await part(registry, upload.id, 1_200_000, LARGE.bytes.length);
      assert.equal(done.offsetBytes, LARGE.bytes.length);
      assert.deepEqual(await findUpload(registry, upload.id), done);
      const again = await sendFile(registry, packageId, "large", LARGE.bytes, { mediaType: "text/plain" });
      assert.deepEqual([again.fileId, again.existed], [done.fileId, true]);
      assert.equal(again.entry.content_address, LARGE.address);
      await finalizePackage(registry, packageId);
      assert.deepEqual((await verifyPackage(registry, packageId)).failures, []);
      assert.deepEqual(temporaryFiles(directory), []);
      assert.equal(await leaseCount(registry), 0);
    }));

  it("may be small or empty, and is stored as if it had come at once", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const empty = await begin(registry, packageId, { path: "empty", sizeBytes: 0 });
      assert.notEqual(empty.fileId, undefined);
      const small = await begin(registry, packageId, { path: "small", sizeBytes: 10 });
      await part(registry, small.id, 0, 4);
      await part(registry, small.id, 4, 10);
      assert.equal((await finalizePackage(registry, packageId)).fileCount, 2);
      assert.equal(existsSync(join(directory, "home/var/storage/blake3")), false);
    }));

  it("goes on after the connection was lost in the middle of a part", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      const lost = appendUpload(registry, id, { offsetBytes: 0 }, broken(LARGE.bytes.subarray(0, 700_000)));
      await rejectsWithCode("digest_mismatch", lost);
      assert.equal((await findUpload(registry, id)).offsetBytes, 700_000);
      const done = await part(registry, id, 700_000, LARGE.bytes.length);
      assert.notEqual(done.fileId, undefined);
      assert.equal((await sendFile(registry, packageId, "large", LARGE.bytes)).existed, true);
    }));

  it("survives the end of its server, and what had not reached the disk is sent again", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      await part(registry, id, 0, 2_000_000);
      const [file = ""] = temporaryFiles(directory);
      // What a killed server wrote and did not count.
      appendFileSync(file, new Uint8Array(50_000).fill(9));
      await registry.database.write((writer) =>
        writer.run(
          sql`UPDATE uploads SET locked_by = 'elsewhere:1', locked_until = '2000-01-01T00:00:00.000Z'`,
        ),
      );
      const second = await openTestRegistry(join(directory, "home"));
      try {
        assert.equal((await findUpload(second.registry, id)).offsetBytes, 2_000_000);
        await part(second.registry, id, 2_000_000, LARGE.bytes.length);
        await finalizePackage(second.registry, packageId);
        assert.deepEqual((await verifyPackage(second.registry, packageId)).failures, []);
        assert.equal((await sendFileAgain(second.registry)).entry.content_address, LARGE.address);
      } finally {
        await second.close();
      }
    }));

  it("is completed when its sender asks, if the end came between the last byte and the event", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      let failing = true;
      const { backends } = registry;
      const local = backends.get("local");
      assert.ok(local?.intake);
      const intake = {
        ...local.intake,
        adopt: async (...words: Parameters<NonNullable<typeof local.intake>["adopt"]>) => {
          if (failing) throw new ArtifactstoreError("storage_full", "no room");
          await local.intake?.adopt(...words);
        },
      };
      const full = { ...registry, backends: new Map([["local", { ...local, intake }]]) };
      await rejectsWithCode("storage_full", part(full, id, 0, LARGE.bytes.length));
      assert.equal(temporaryFiles(directory).length, 1);
      failing = false;
      const found = await findUpload(full, id);
      assert.equal(found.offsetBytes, LARGE.bytes.length);
      assert.notEqual(found.fileId, undefined);
      assert.deepEqual(temporaryFiles(directory), []);
    }));

  for (const algorithm of ["sha1", "sha256"] as const) {
    it(`takes a part whose ${algorithm} is right, and nothing of another`, () =>
      withScene(async ({ registry, directory }) => {
        const packageId = await beginPackage(registry);
        const { id } = await begin(registry, packageId);
        const digest = createHash(algorithm).update(LARGE.bytes.subarray(0, 1_500_000)).digest();
        const checksum = { algorithm, digest };
        await rejectsWithCode("checksum_mismatch", part(registry, id, 0, 1_400_000, { checksum }));
        const lost = appendUpload(
          registry,
          id,
          { offsetBytes: 0, checksum },
          broken(LARGE.bytes.subarray(0, 700_000)),
        );
        await rejectsWithCode("digest_mismatch", lost);
        assert.equal((await findUpload(registry, id)).offsetBytes, 0);
        assert.equal((await part(registry, id, 0, 1_500_000, { checksum })).offsetBytes, 1_500_000);
        assert.equal(statSync(temporaryFiles(directory)[0] ?? "").size, 1_500_000);
        await part(registry, id, 1_500_000, LARGE.bytes.length);
        assert.equal((await sendFile(registry, packageId, "large", LARGE.bytes)).existed, true);
      }));
  }

  it("ends when its bytes are refused", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const size = LARGE.bytes.length;
      const sha256 = "0".repeat(64);
      const wrong = await begin(registry, packageId, { expected: { sha256 } });
      await rejectsWithCode("digest_mismatch", part(registry, wrong.id, 0, size));
      await rejectsWithCode("upload_not_found", findUpload(registry, wrong.id));
      const taken = await begin(registry, packageId);
      await sendFile(registry, packageId, "large", "other content");
      await rejectsWithCode("path_conflict", part(registry, taken.id, 0, size));
      const late = await begin(registry, packageId, { path: "late" });
      await abandonPackage(registry, packageId, "no more");
      await rejectsWithCode("package_state", part(registry, late.id, 0, size));
      assert.equal(await uploadCount(registry), 0);
      assert.deepEqual(temporaryFiles(directory), []);
    }));

  it("takes no more than was announced", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId, { sizeBytes: 1_000_000 });
      await rejectsWithCode("limit_exceeded", part(registry, id, 0, 1_000_001));
      assert.equal((await findUpload(registry, id)).offsetBytes, 0);
      await rejectsWithCode("limit_exceeded", begin(registry, packageId, { sizeBytes: 10_000_001 }));
      await rejectsWithCode("invalid_input", begin(registry, packageId, { sizeBytes: 1.5 }));
      await rejectsWithCode("invalid_path", begin(registry, packageId, { path: "../a" }));
      await rejectsWithCode("package_not_found", begin(registry, registry.newId()));
    }));

  it("belongs to the latest request of its sender", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      const silent = Promise.withResolvers<void>();
      const body = async function* () {
        yield LARGE.bytes.subarray(0, 600_000);
        silent.resolve();
        await new Promise<never>(() => {});
      };
      const first = appendUpload(registry, id, { offsetBytes: 0 }, body());
      const ended = rejectsWithCode("upload_busy", first);
      await silent.promise;
      await rejectsWithCode("upload_offset_conflict", part(registry, id, 0, 10));
      await ended;
      const { offsetBytes } = await findUpload(registry, id);
      assert.equal(offsetBytes, 600_000);
      assert.notEqual((await part(registry, id, offsetBytes, LARGE.bytes.length)).fileId, undefined);
    }));

  it("is left alone while another living process writes to it", () =>
    withScene(async ({ registry }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      const lock = (holder: string) =>
        registry.database.write((writer) =>
          writer.run(
            sql`UPDATE uploads SET locked_by = ${holder}, locked_until = '9999-01-01T00:00:00.000Z'`,
          ),
        );
      await lock("another-host:1");
      await rejectsWithCode("upload_busy", part(registry, id, 0, 10));
      await rejectsWithCode("upload_busy", terminateUpload(registry, id));
      // This process, started again under its old number.
      await lock(registry.holder);
      assert.equal((await part(registry, id, 0, 10)).offsetBytes, 10);
      // A process of this host that is no more: no number is that large.
      await lock(registry.holder.replace(/:\d+$/, ":99999999"));
      assert.equal((await part(registry, id, 10, 20)).offsetBytes, 20);
    }));

  it("can be given up, and ends when nothing comes for too long", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const given = await begin(registry, packageId);
      await part(registry, given.id, 0, 100_000);
      await terminateUpload(registry, given.id);
      await rejectsWithCode("upload_not_found", findUpload(registry, given.id));
      await rejectsWithCode("upload_not_found", terminateUpload(registry, given.id));
      await rejectsWithCode("upload_not_found", findUpload(registry, "no id"));
      assert.deepEqual(temporaryFiles(directory), []);

      const { id } = await begin(registry, packageId);
      const at = (ms: number) => ({ ...registry, clock: () => registry.clock() + ms });
      await part(at(DAY_MS - 60_000), id, 0, 100_000);
      assert.equal(await clearExpiredUploads(at(DAY_MS + 60_000)), 0);
      await rejectsWithCode("upload_not_found", part(at(2 * DAY_MS), id, 100_000, 200_000));
      assert.equal(await clearExpiredUploads(at(2 * DAY_MS)), 1);
      assert.deepEqual(temporaryFiles(directory), []);
      assert.equal(await uploadCount(registry), 0);
    }));

  it("is no leftover to `doctor` while it is open, however old its file is", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      await part(registry, id, 0, 100_000);
      const strict = { ...registry, orphanGraceMs: 0 };
      const report = await diagnose(strict, { deep: false });
      assert.equal(report.information.backends.get("local")?.leftovers.count, 0);
      await reclaim(strict);
      assert.equal(temporaryFiles(directory).length, 1);
      await part(registry, id, 100_000, 200_000);
      const later = { ...strict, clock: () => registry.clock() + 2 * DAY_MS };
      assert.equal(
        (await diagnose(later, { deep: false })).information.backends.get("local")?.leftovers.count,
        1,
      );
      await reclaim(later);
      assert.deepEqual(temporaryFiles(directory), []);
      assert.equal(await uploadCount(registry), 0);
    }));

  it("is refused when its file was lost or cut", () =>
    withScene(async ({ registry, directory }) => {
      const packageId = await beginPackage(registry);
      const { id } = await begin(registry, packageId);
      await part(registry, id, 0, 100_000);
      truncateSync(temporaryFiles(directory)[0] ?? "", 50_000);
      await rejectsWithCode("upload_not_found", part(registry, id, 100_000, 200_000));
      assert.equal(await uploadCount(registry), 0);
    }));
});

/** The same bytes, into a package of their own. */
async function sendFileAgain(registry: RegistryContext) {
  return await sendFile(registry, await beginPackage(registry), "large", LARGE.bytes);
}
