import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StorageBackend } from "../../src/storage/blob-store.ts";
import { formatMarker, parseMarker } from "../../src/storage/marker.ts";
import { openMemoryBackend } from "../../src/storage/memory/backend.ts";
import { adoptStore, checkOwnership, claimStore, readMarker } from "../../src/storage/ownership.ts";
import { blobSample } from "../support/blob-samples.ts";
import { refusal } from "../support/refusal.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

const OURS = "0b8c4d8e-5a0e-4d5c-9b3d-0f6f3c1f2a11";
const THEIRS = "7d2f7f0a-1c64-4c1f-8a55-6a9d1de0c7b2";
const CREATED_AT = "2026-05-16T10:11:12.131Z";
const NOW = Date.parse(CREATED_AT);

describe("the text of a marker", () => {
  it("is read as it is written", () => {
    const marker = { registryId: OURS, createdAt: CREATED_AT };
    const text = formatMarker(marker);
    assert.deepEqual(parseMarker(text), marker);
    assert.deepEqual(JSON.parse(text), {
      format: "artifactstore-store",
      version: 1,
      registry_id: OURS,
      created_at: CREATED_AT,
    });
    assert.ok(text.endsWith("}\n"));
  });

  const right = { format: "artifactstore-store", version: 1, registry_id: OURS, created_at: CREATED_AT };
  const wrong: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["another format", JSON.stringify({ ...right, format: "other" })],
    ["version 0", JSON.stringify({ ...right, version: 0 })],
    ["a version in quotes", JSON.stringify({ ...right, version: "1" })],
    ["a missing key", JSON.stringify({ ...right, created_at: undefined })],
    ["a further key", JSON.stringify({ ...right, more: 1 })],
    ["a key twice", JSON.stringify(right).replace("}", `,"version":1}`)],
    ["an id in upper case", JSON.stringify({ ...right, registry_id: OURS.toUpperCase() })],
    ["an id that is none", JSON.stringify({ ...right, registry_id: "registry" })],
    ["a day that is none", JSON.stringify({ ...right, created_at: "2026-02-30T00:00:00.000Z" })],
    ["far too much", formatMarker({ registryId: OURS, createdAt: CREATED_AT }) + " ".repeat(5_000)],
  ];
  for (const [name, text] of wrong) {
    it(`is not ${name}`, () => {
      refusal("store_damaged", () => parseMarker(text));
    });
  }

  it("of a later version is somebody else's", () => {
    refusal("store_foreign", () => parseMarker(JSON.stringify({ ...right, version: 2, more: true })));
  });
});

async function withBlob(backend: StorageBackend): Promise<StorageBackend> {
  const { address, bytes } = blobSample(1, 10);
  await backend.blobs.put(address, bytes, { size: 10 });
  return backend;
}

describe("who owns a store", () => {
  it("an empty store is free, for a registry with and without an id", async () => {
    const backend = openMemoryBackend("store");
    assert.equal(await checkOwnership(backend, undefined), "empty");
    assert.equal(await checkOwnership(backend, OURS), "empty");
    assert.equal(await readMarker(backend), undefined);
  });

  it("a claimed store is its registry's alone, and claiming again changes nothing", async () => {
    const backend = openMemoryBackend("store");
    await claimStore(backend, OURS, NOW);
    await withBlob(backend);
    assert.equal(await checkOwnership(backend, OURS), "owned");
    await claimStore(backend, OURS, NOW + 1);
    assert.deepEqual(await readMarker(backend), { registryId: OURS, createdAt: CREATED_AT });
    const error = await rejectsWithCode("store_foreign", checkOwnership(backend, THEIRS));
    assert.ok(
      error.message.includes(OURS) && error.message.includes(THEIRS) && error.message.includes("store"),
    );
    await rejectsWithCode("store_foreign", checkOwnership(backend, undefined));
    await rejectsWithCode("store_foreign", claimStore(backend, THEIRS, NOW));
  });

  it("a store that holds blobs and has no marker is nobody's", async () => {
    const backend = await withBlob(openMemoryBackend("store"));
    await rejectsWithCode("store_unowned", checkOwnership(backend, OURS));
    await rejectsWithCode("store_unowned", claimStore(backend, OURS, NOW));
    assert.equal(await readMarker(backend), undefined);
  });

  it("of two registries that claim at once one gets it", async () => {
    const backend = openMemoryBackend("store");
    const results = await Promise.allSettled([
      claimStore(backend, OURS, NOW),
      claimStore(backend, THEIRS, NOW),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const winner = results[0]?.status === "fulfilled" ? OURS : THEIRS;
    assert.equal(await checkOwnership(backend, winner), "owned");
  });

  it("a store that is claimed and written between two questions is the claimer's", async () => {
    const backend = openMemoryBackend("store");
    const { marker } = backend;
    let asked = 0;
    const racing = {
      id: "store",
      marker: {
        ...marker,
        read: async () => (++asked === 1 ? undefined : await marker.read()),
        isEmpty: async () => false,
      },
    };
    await claimStore(backend, OURS, NOW);
    assert.equal(await checkOwnership(racing, OURS), "owned");
  });

  it("adoption takes a store from whoever had it", async () => {
    const unowned = await withBlob(openMemoryBackend("unowned"));
    assert.equal(await adoptStore(unowned, OURS, NOW), undefined);
    assert.equal(await checkOwnership(unowned, OURS), "owned");
    assert.equal(await adoptStore(unowned, THEIRS, NOW + 5), OURS);
    assert.equal(await checkOwnership(unowned, THEIRS), "owned");
    const before = await readMarker(unowned);
    assert.equal(await adoptStore(unowned, THEIRS, NOW + 9), THEIRS);
    assert.deepEqual(await readMarker(unowned), before);
  });

  it("a marker that cannot be read blocks everything but adoption", async () => {
    const backend = openMemoryBackend("store");
    await backend.marker.create("not a marker");
    await rejectsWithCode("store_damaged", checkOwnership(backend, OURS));
    await rejectsWithCode("store_damaged", claimStore(backend, OURS, NOW));
    assert.equal(await adoptStore(backend, OURS, NOW), undefined);
    assert.equal(await checkOwnership(backend, OURS), "owned");
  });

  it("a marker of a later version is not even adopted", async () => {
    const backend = openMemoryBackend("store");
    await backend.marker.create(JSON.stringify({ format: "artifactstore-store", version: 2 }));
    await rejectsWithCode("store_foreign", adoptStore(backend, OURS, NOW));
  });
});
