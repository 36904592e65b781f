import assert from "node:assert/strict";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import { type DownloadableFile, downloadFile } from "../../src/registry/download-file.ts";
import { openArchive } from "../../src/registry/open-archive.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { blobSample } from "../support/blob-samples.ts";
import { beginPackage, fillPackage, sendFile } from "../support/fill-package.ts";
import { FILES, withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { type TwoStores, withTwoStores } from "../support/two-stores.ts";

const LARGE = blobSample(1, 3_000_000);
const SMALL = blobSample(2, 1_000);

/** What comes, up to the end or the failure. */
async function received(
  stream: ReadableStream<Uint8Array>,
): Promise<{ readonly bytes: Buffer; readonly failure: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), failure: undefined };
  } catch (failure) {
    return { bytes: Buffer.concat(chunks), failure };
  }
}

async function assertReads(file: DownloadableFile, bytes: Uint8Array): Promise<void> {
  const found = await received(file.stream());
  assert.equal(found.failure, undefined);
  assert.equal(Buffer.compare(found.bytes, bytes), 0);
}

async function withDownloads(
  work: (
    stores: TwoStores,
    open: (which: "large" | "small") => Promise<DownloadableFile>,
    pathOf: (store: "one" | "two", which: "large" | "small") => string,
  ) => Promise<void>,
): Promise<void> {
  await withTwoStores(async (stores) => {
    const { fileIds } = await fillPackage(stores.registry, { large: LARGE.bytes, small: SMALL.bytes });
    const open = (which: string) => downloadFile(stores.registry, fileIds.get(which) ?? "");
    const sample = { large: LARGE, small: SMALL };
    await work(stores, open, (store, which) => join(stores.roots[store], objectKey(sample[which].address)));
  });
}

/** Another byte at this place, the same size. */
function damage(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
}

/** The first chunk, and then a medium that fails. */
async function* breaking(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    throw new ArtifactstoreError("store_damaged", "the medium fails");
  }
}

describe("downloadFile", () => {
  it("gives a file whole, in ranges, and what is known of it", () =>
    withDownloads(async (_, open) => {
      const file = await open("large");
      assert.deepEqual([file.size, file.address], [LARGE.bytes.length, LARGE.address]);
      assert.deepEqual([file.mediaType, file.file.relative_path], ["application/octet-stream", "large"]);
      await assertReads(file, LARGE.bytes);
      await assertReads(file, LARGE.bytes);
      const ranges = [
        [0, 1],
        [0, 0],
        [5, 2_000_000],
        [2_999_999, 9_000_000],
        [0, 3_000_000],
      ] as const;
      for (const [start, end] of ranges) {
        const found = await received(file.stream({ start, end }));
        assert.equal(Buffer.compare(found.bytes, LARGE.bytes.subarray(start, end)), 0);
      }
      await assertReads(await open("small"), SMALL.bytes);
    }));

  it("reads the empty file", () =>
    withScene(async ({ registry }) => {
      const { fileIds } = await fillPackage(registry, FILES);
      const file = await downloadFile(registry, fileIds.get("b/empty") ?? "");
      await assertReads(file, new Uint8Array(0));
      assert.equal((await received(await file.open())).bytes.length, 0);
    }));

  it("takes the next copy when one is missing, short or damaged", () =>
    withDownloads(async (_, open, pathOf) => {
      damage(pathOf("one", "small"), 10);
      await assertReads(await open("small"), SMALL.bytes);
      rmSync(pathOf("one", "small"));
      await assertReads(await open("small"), SMALL.bytes);
      const path = pathOf("one", "large");
      chmodSync(path, 0o644);
      writeFileSync(path, LARGE.bytes.subarray(1));
      await assertReads(await open("large"), LARGE.bytes);
      const file = await open("large");
      assert.equal((await received(file.stream({ start: 1, end: 3 }))).bytes.length, 2);
    }));

  it("goes on from the next copy where one cannot be read further", () =>
    withTwoStores(async ({ registry }) => {
      const { fileIds } = await fillPackage(registry, { large: LARGE.bytes });
      const one = registry.backends.get("one");
      assert.ok(one);
      const store = one.blobs;
      const blobs: typeof store = {
        properties: store.properties,
        put: (...words) => store.put(...words),
        get: async (...words) => {
          const chunks = await store.get(...words);
          return chunks === undefined ? undefined : breaking(chunks);
        },
        stat: (address) => store.stat(address),
        delete: (address) => store.delete(address),
        list: (options) => store.list(options),
        health: () => store.health(),
      };
      const backends = new Map([...registry.backends, ["one", { ...one, blobs }]]);
      const file = await downloadFile({ ...registry, backends }, fileIds.get("large") ?? "");
      await assertReads(file, LARGE.bytes);
      const range = await received(file.stream({ start: 0, end: 2_000_000 }));
      assert.equal((range.failure as { code?: string }).code, "blob_damaged");
      assert.equal(range.bytes.length, 1_048_576);
    }));

  it("never gives a complete wrong answer", () =>
    withDownloads(async (_, open, pathOf) => {
      damage(pathOf("one", "large"), 0);
      const { bytes, failure } = await received((await open("large")).stream());
      assert.equal((failure as { code?: string }).code, "blob_damaged");
      assert.ok(bytes.length < LARGE.bytes.length);
    }));

  it("fails before the first byte where that can be known", () =>
    withDownloads(async (_, open, pathOf) => {
      rmSync(pathOf("one", "small"));
      damage(pathOf("two", "small"), 999);
      await rejectsWithCode("blob_damaged", (await open("small")).open());
      rmSync(pathOf("two", "small"));
      await rejectsWithCode("blob_missing", (await open("small")).open());
      for (const store of ["one", "two"] as const) rmSync(pathOf(store, "large"));
      await rejectsWithCode("blob_missing", (await open("large")).open({ start: 0, end: 10 }));
      assert.deepEqual((await received((await open("large")).stream())).bytes.length, 0);
    }));

  it("lets go of the copy when the reader goes away", () =>
    withDownloads(async (_, open) => {
      const stream = await (await open("large")).open();
      const reader = stream.getReader();
      assert.equal((await reader.read()).done, false);
      await reader.cancel();
      assert.equal((await reader.read()).done, true);
    }));

  it("refuses what is not there, no id, or not finalized", () =>
    withTwoStores(async ({ registry }) => {
      await rejectsWithCode("file_not_found", downloadFile(registry, registry.newId()));
      await rejectsWithCode("invalid_input", downloadFile(registry, "x"));
      const packageId = await beginPackage(registry);
      const { fileId } = await sendFile(registry, packageId, "a", "a");
      await rejectsWithCode("package_state", downloadFile(registry, fileId));
      await rejectsWithCode("package_state", openArchive(registry, packageId));
      await rejectsWithCode("package_not_found", openArchive(registry, registry.newId()));
    }));
});

describe("openArchive", () => {
  it("gives every file in path order, from whichever copy is whole", () =>
    withTwoStores(async ({ registry, roots }) => {
      const { packageId } = await fillPackage(registry, FILES);
      rmSync(join(roots.one, "blake3"), { recursive: true });
      const archive = await openArchive(registry, packageId);
      const found: Record<string, string> = {};
      for await (const { file, chunks } of archive.files()) {
        const parts: Uint8Array[] = [];
        for await (const chunk of chunks()) parts.push(chunk);
        found[file.relative_path] = Buffer.concat(parts).toString("latin1");
      }
      const expected = Object.entries(FILES).map(([path, content]) => [
        path,
        Buffer.from(content).toString("latin1"),
      ]);
      assert.deepEqual(Object.entries(found), expected);
      assert.equal(archive.package.file_count, expected.length);
    }));
});
