import assert from "node:assert/strict";
import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type ContentAddress, contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3 } from "../../src/core/digest.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { readBlob } from "../../src/registry/storage-cat.ts";
import type { BlobStore, StorageBackend } from "../../src/storage/blob-store.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

/** Several chunks, so that wrong bytes could leave before the digest is known. */
const BLOB_BYTES = 3 * 2 ** 20 + 17;

interface Setup {
  readonly registry: RegistryContext;
  readonly bytes: Uint8Array;
  readonly address: ContentAddress;
  /** Puts other bytes in the place of one store's copy. */
  replace(store: "local" | "second", content: Uint8Array | undefined): void;
}

async function withTwoCopies(work: (setup: Setup) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const bytes = new Uint8Array(BLOB_BYTES);
    new SeededRandom(5).fill(bytes);
    const address = contentAddress(digestBlake3(bytes));
    writeFiles(join(directory, "source"), { blob: bytes });
    writeFiles(directory, {
      "config.toml": `[backends.second]\ntype = "local"\nroot = "${join(directory, "second")}"\n`,
    });
    const { registry, close } = await openTestRegistry(join(directory, "home"), {
      CONFIG: join(directory, "config.toml"),
      STORAGE_LOCAL_ROOT: join(directory, "local"),
      STORAGE_BACKEND_ROUTES: "*:*=local+second",
      INGEST_THREADS: "1",
    });
    try {
      await registerPackage(registry, await requestFor(join(directory, "source")));
      const replace = (store: string, content: Uint8Array | undefined) => {
        const path = join(directory, store, objectKey(address));
        unlinkSync(path);
        if (content !== undefined) writeFileSync(path, content);
      };
      await work({ registry, bytes, address, replace });
    } finally {
      await close();
    }
  });
}

/** What is read, and which notices were given of copies that are not used. */
async function read(registry: RegistryContext, address: string, backendId?: string) {
  const skipped: string[] = [];
  const chunks: Uint8Array[] = [];
  const body = await readBlob(registry, address, {
    onSkipped: (text) => skipped.push(text),
    ...(backendId === undefined ? {} : { backendId }),
  });
  for await (const chunk of body) chunks.push(chunk);
  return { bytes: Buffer.concat(chunks), skipped };
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** The registry with one backend's `get` in the hands of a test. */
function withGet(
  registry: RegistryContext,
  id: string,
  get: (store: BlobStore) => BlobStore["get"],
): RegistryContext {
  const backend = registry.backends.get(id);
  assert.ok(backend);
  const { blobs } = backend;
  const changed: BlobStore = {
    properties: blobs.properties,
    put: (...args) => blobs.put(...args),
    get: get(blobs),
    stat: (...args) => blobs.stat(...args),
    delete: (...args) => blobs.delete(...args),
    list: (...args) => blobs.list(...args),
    health: () => blobs.health(),
  };
  const faulty: StorageBackend = { ...backend, blobs: changed };
  return { ...registry, backends: new Map(registry.backends).set(id, faulty) };
}

describe("reading one blob of two copies", () => {
  it("answers from the good one, wherever the other is wrong", () =>
    withTwoCopies(async ({ registry, bytes, address, replace }) => {
      assert.deepEqual(await read(registry, address), { bytes: Buffer.from(bytes), skipped: [] });
      for (const wrong of [flipped(bytes, 0), flipped(bytes, BLOB_BYTES - 1), bytes.slice(0, 2 ** 20)]) {
        replace("local", wrong);
        const answer = await read(registry, address);
        assert.deepEqual(answer.bytes, Buffer.from(bytes));
        assert.equal(answer.skipped.length, 1);
      }
      replace("local", undefined);
      assert.deepEqual(await read(registry, address), { bytes: Buffer.from(bytes), skipped: [] });
    }));

  it("says that it is damaged where no good one is left, or the one that is asked for", () =>
    withTwoCopies(async ({ registry, bytes, address, replace }) => {
      replace("second", flipped(bytes, 1));
      await rejectsWithCode("blob_damaged", read(registry, address, "second"));
      assert.equal((await read(registry, address, "local")).bytes.length, BLOB_BYTES);
      replace("local", flipped(bytes, 2));
      await rejectsWithCode("blob_damaged", read(registry, address));
      replace("local", undefined);
      await rejectsWithCode("blob_damaged", read(registry, address));
      replace("second", undefined);
      await rejectsWithCode("blob_not_found", read(registry, address));
    }));

  it("goes on from the other one when the first breaks off, at the same byte", () =>
    withTwoCopies(async ({ registry, bytes, address }) => {
      const starts: number[] = [];
      const breaking = withGet(registry, "local", (store) => async (wanted, options) => {
        const body = await store.get(wanted, options);
        return body === undefined ? undefined : breakAfterFirst(body);
      });
      const watched = withGet(breaking, "second", (store) => (wanted, options) => {
        starts.push(options?.range?.start ?? 0);
        return store.get(wanted, options);
      });
      assert.deepEqual((await read(watched, address)).bytes, Buffer.from(bytes));
      assert.ok(starts.length === 1 && (starts[0] ?? 0) > 0, String(starts));
    }));
});

async function* breakAfterFirst(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    yield chunk;
    throw new Error("the disk is gone");
  }
}
