import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ArtifactstoreError } from "../../src/core/errors.ts";
import { type ReceiveOptions, receiveBody } from "../../src/dataplane/receive-body.ts";
import { ThreadPool } from "../../src/dataplane/thread-pool.ts";
import { blobSample, streamOf } from "../support/blob-samples.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const SMALL_MAX_BYTES = 65_536;
const MIB = 1_048_576;

interface Scene {
  readonly directory: string;
  readonly threads: ThreadPool;
  options(more?: Partial<ReceiveOptions>): ReceiveOptions;
}

async function withScene(threads: number, work: (scene: Scene) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const pool = new ThreadPool({ threads, blake3: "auto" });
    let files = 0;
    const options = (more: Partial<ReceiveOptions> = {}): ReceiveOptions => ({
      smallMaxBytes: SMALL_MAX_BYTES,
      temporaryPath: () => join(directory, `${files++}.part`),
      maxBytes: 64 * MIB,
      ...more,
    });
    try {
      await work({ directory, threads: pool, options });
    } finally {
      await pool.close();
    }
  });
}

/** A body that gives what it has and then says nothing, until it is let go. */
function silentAfter(bytes: Uint8Array): { body: AsyncIterable<Uint8Array>; readonly returned: boolean } {
  let given = false;
  let returned = false;
  return {
    get returned() {
      return returned;
    },
    body: {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          if (given) return new Promise<never>(() => {});
          given = true;
          return Promise.resolve({ done: false as const, value: bytes });
        },
        return: () => {
          returned = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    },
  };
}

for (const threads of [0, 2]) {
  describe(`receiveBody with ${threads} threads`, () => {
    for (const size of [0, 1, SMALL_MAX_BYTES, SMALL_MAX_BYTES + 1, MIB, MIB + 1, 9 * MIB, 9 * MIB + 4095]) {
      it(`receives ${size} bytes with both digests`, () =>
        withScene(threads, async ({ threads: pool, options, directory }) => {
          const { address, bytes } = blobSample(size, size);
          const received = await receiveBody(pool, streamOf(bytes, 300_000), options());
          assert.equal(received.address, address);
          assert.equal(received.sha256, createHash("sha256").update(bytes).digest("hex"));
          assert.equal(received.sizeBytes, size);
          if (size <= SMALL_MAX_BYTES) {
            assert.deepEqual(received.bytes, bytes);
            assert.deepEqual(readdirSync(directory), []);
          } else {
            const path = received.temporaryPath ?? "";
            assert.equal(Buffer.compare(readFileSync(path), bytes), 0);
            assert.equal(statSync(path).mode & 0o777, 0o444);
          }
        }));
    }

    it("receives a ReadableStream", () =>
      withScene(threads, async ({ threads: pool, options }) => {
        const { address, bytes } = blobSample(5, 3 * MIB);
        const body = new Blob([new Uint8Array(bytes)]).stream() as ReadableStream<Uint8Array>;
        const received = await receiveBody(pool, body, options({ expectedSize: bytes.length }));
        assert.equal(received.address, address);
      }));

    const wrong: readonly [string, Partial<ReceiveOptions>, "limit_exceeded" | "digest_mismatch"][] = [
      ["longer than allowed", { maxBytes: 4 * MIB - 1 }, "limit_exceeded"],
      ["announced longer than allowed", { maxBytes: MIB, expectedSize: 4 * MIB }, "limit_exceeded"],
      ["longer than announced", { expectedSize: 4 * MIB - 1 }, "digest_mismatch"],
      ["shorter than announced", { expectedSize: 4 * MIB + 1 }, "digest_mismatch"],
    ];
    for (const [name, more, code] of wrong) {
      it(`leaves nothing of a body that is ${name}`, () =>
        withScene(threads, async ({ threads: pool, options, directory }) => {
          const { bytes } = blobSample(6, 4 * MIB);
          await rejectsWithCode(code, receiveBody(pool, streamOf(bytes, MIB), options(more)));
          assert.deepEqual(readdirSync(directory), []);
        }));
    }

    it("leaves nothing of a small body that is not as announced", () =>
      withScene(threads, async ({ threads: pool, options }) => {
        const body = () => streamOf(new Uint8Array(100), 30);
        await rejectsWithCode("digest_mismatch", receiveBody(pool, body(), options({ expectedSize: 99 })));
        await rejectsWithCode("digest_mismatch", receiveBody(pool, body(), options({ expectedSize: 101 })));
        await rejectsWithCode("limit_exceeded", receiveBody(pool, body(), options({ maxBytes: 99 })));
      }));

    it("leaves nothing of a body that breaks off, and passes our own errors on", () =>
      withScene(threads, async ({ threads: pool, options, directory }) => {
        const broken = async function* (error: unknown) {
          for (let i = 0; i < 3; i++) yield new Uint8Array(MIB);
          throw error;
        };
        await rejectsWithCode("digest_mismatch", receiveBody(pool, broken(new Error("reset")), options()));
        const own = new ArtifactstoreError("forbidden", "no");
        await rejectsWithCode("forbidden", receiveBody(pool, broken(own), options()));
        assert.deepEqual(readdirSync(directory), []);
      }));

    it("lets go of a silent sender when it is aborted", () =>
      withScene(threads, async ({ threads: pool, options, directory }) => {
        const controller = new AbortController();
        const sender = silentAfter(new Uint8Array(2 * MIB));
        const receiving = receiveBody(pool, sender.body, options({ signal: controller.signal }));
        const reason = new Error("gone");
        setTimeout(() => controller.abort(reason), 1);
        await assert.rejects(receiving, (error) => error === reason);
        assert.equal(sender.returned, true);
        assert.deepEqual(readdirSync(directory), []);
      }));

    it("says that a file cannot be written, and goes on with others", () =>
      withScene(threads, async ({ threads: pool, options, directory }) => {
        const { address, bytes } = blobSample(7, 6 * MIB);
        const nowhere = { temporaryPath: () => join(directory, "no", "such", "directory") };
        await rejectsWithCode(
          "backend_unavailable",
          receiveBody(pool, streamOf(bytes, MIB), options(nowhere)),
        );
        assert.equal((await receiveBody(pool, streamOf(bytes, MIB), options())).address, address);
      }));

    it("serves many more bodies than threads while others are silent", () =>
      withScene(threads, async ({ threads: pool, options }) => {
        const controller = new AbortController();
        const silent = Array.from({ length: 50 }, () =>
          receiveBody(
            pool,
            silentAfter(new Uint8Array(100_000)).body,
            options({ signal: controller.signal }),
          ).catch(() => "aborted"),
        );
        const samples = Array.from({ length: 12 }, (_, i) => blobSample(100 + i, 2 * MIB + i));
        const received = await Promise.all(
          samples.map(({ bytes }) => receiveBody(pool, streamOf(bytes, 500_000), options())),
        );
        assert.deepEqual(
          received.map(({ address }) => address),
          samples.map(({ address }) => address),
        );
        controller.abort();
        assert.deepEqual(new Set(await Promise.all(silent)), new Set(["aborted"]));
      }));
  });
}

describe("receiveBody", () => {
  it("fails clearly and leaves nothing when its thread is ended", () =>
    withScene(2, async ({ threads: pool, options, directory }) => {
      const sender = silentAfter(new Uint8Array(4 * MIB));
      const path = join(directory, "lost.part");
      const made = Promise.withResolvers<void>();
      const body = async function* () {
        for await (const chunk of sender.body) {
          yield chunk;
          while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 1));
          await pool.close();
          made.resolve();
          // More than can be with a thread at once: the answers are missed.
          for (let i = 0; i < 8; i++) yield new Uint8Array(MIB);
        }
      };
      await rejectsWithCode("internal", receiveBody(pool, body(), options({ temporaryPath: () => path })));
      await made.promise;
      assert.deepEqual(readdirSync(directory), []);
      await rejectsWithCode("internal", receiveBody(pool, streamOf(new Uint8Array(MIB), MIB), options()));
    }));
});
