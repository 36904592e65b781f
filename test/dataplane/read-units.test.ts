import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { chooseBlake3 } from "../../src/dataplane/hash-engine.ts";
import { ReadAhead } from "../../src/dataplane/read-ahead.ts";
import type { ReadFile } from "../../src/dataplane/read-unit.ts";
import { readUnits } from "../../src/dataplane/read-units.ts";
import type { SourceFile } from "../../src/dataplane/source-file.ts";
import { ThreadPool } from "../../src/dataplane/thread-pool.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { sourceOf } from "../support/source-of.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const SMALL_MAX_BYTES = 65_536;
/** Two of them are worth two threads each. */
const HUGE_BYTES = 67_108_864 + 12_345;

interface Scene {
  readonly directory: string;
  readonly sources: SourceFile[];
  write(name: string, sizeBytes: number): SourceFile;
  read(threads: number, wanted?: (source: SourceFile) => boolean): Promise<ReadFile<SourceFile>[]>;
  discarded: string[];
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const random = new SeededRandom(42);
    let copies = 0;
    const scene: Scene = {
      directory,
      sources: [],
      discarded: [],
      write(name, sizeBytes) {
        const bytes = new Uint8Array(sizeBytes);
        random.fill(bytes);
        const path = join(directory, name);
        writeFileSync(path, bytes);
        const source = sourceOf(path, name);
        scene.sources.push(source);
        return source;
      },
      async read(threads, wanted = () => true) {
        const pool = new ThreadPool({ threads, blake3: "auto" });
        const files: ReadFile<SourceFile>[] = [];
        const options = {
          smallMaxBytes: SMALL_MAX_BYTES,
          wanted,
          temporaryPath: () => join(directory, `copy-${copies++}.part`),
        };
        const discard = (path: string) => {
          scene.discarded.push(path);
          unlinkSync(path);
        };
        try {
          for await (const group of readUnits(pool, scene.sources, options, discard))
            files.push(...group.files);
        } finally {
          await pool.close();
        }
        return files;
      },
    };
    await work(scene);
  });
}

async function assertRead(
  files: readonly ReadFile<SourceFile>[],
  sources: readonly SourceFile[],
): Promise<void> {
  const blake3 = await chooseBlake3();
  assert.deepEqual(
    files.map((file) => file.source.path),
    sources.map((source) => source.path),
  );
  for (const file of files) {
    const bytes = readFileSync(file.source.absolutePath);
    assert.equal(file.address, contentAddress(blake3.hash(bytes)), file.source.path);
    assert.equal(file.sha256, createHash("sha256").update(bytes).digest("hex"), file.source.path);
    const stored = file.temporaryPath === undefined ? file.bytes : readFileSync(file.temporaryPath);
    assert.ok(stored !== undefined && Buffer.compare(stored, bytes) === 0, file.source.path);
  }
}

describe("readUnits", () => {
  for (const threads of [0, 1, 3]) {
    it(`reads small and large files in order, with ${threads} threads`, async () => {
      await withScene(async (scene) => {
        for (let i = 0; i < 400; i++) scene.write(`a-${i}`, i * 7);
        scene.write("b-large", SMALL_MAX_BYTES + 1);
        scene.write("c-empty", 0);
        scene.write("d-large", 3_000_001);
        scene.write("e-small", SMALL_MAX_BYTES);
        await assertRead(await scene.read(threads), scene.sources);
      });
    });
  }

  it("takes what was read ahead, once, if it is what is asked for first", async () => {
    await withScene(async (scene) => {
      for (let i = 0; i < 3_000; i++) scene.write(`a-${String(i).padStart(4, "0")}`, 10 + (i % 50));
      scene.write("b-large", SMALL_MAX_BYTES + 70_000);
      scene.write("c-small", 5);
      const pool = new ThreadPool({ threads: 2, blake3: "auto" });
      let copies = 0;
      try {
        const ahead = new ReadAhead(pool, scene.sources);
        for (const sources of [scene.sources.slice(1), scene.sources, scene.sources]) {
          const options = {
            smallMaxBytes: SMALL_MAX_BYTES,
            wanted: () => true,
            temporaryPath: () => join(scene.directory, `ahead-${copies++}.part`),
            ahead,
          };
          const files: ReadFile<SourceFile>[] = [];
          for await (const group of readUnits(pool, sources, options, unlinkSync)) {
            await assertRead(group.files, sources.slice(files.length, files.length + group.files.length));
            files.push(...group.files);
            group.release();
          }
          assert.equal(files.length, sources.length);
        }
      } finally {
        await pool.close();
      }
    });
  });

  it("gives a single huge file two threads, and the same digests and bytes", async () => {
    await withScene(async (scene) => {
      scene.write("huge", HUGE_BYTES);
      await assertRead(await scene.read(2), scene.sources);
      const [digestsOnly] = await scene.read(2, () => false);
      assert.equal(digestsOnly?.temporaryPath, undefined);
      assert.equal(digestsOnly?.bytes, undefined);
      const [alone] = await scene.read(1, () => false);
      assert.equal(digestsOnly?.sha256, alone?.sha256);
      assert.equal(digestsOnly?.address, alone?.address);
    });
  });

  for (const threads of [0, 2]) {
    it(`fails on a file that changed and leaves no copy of any other, with ${threads} threads`, async () => {
      await withScene(async (scene) => {
        scene.write("a-large", 100_000);
        const changed = scene.write("b-changed", 200_000);
        scene.write("c-large", 9_000_000);
        writeFileSync(changed.absolutePath, "another content");
        const error = await rejectsWithCode("source_changed", scene.read(threads));
        assert.match(error.message, /b-changed/);
        const left = readdirSync(scene.directory).filter((name) => name.endsWith(".part"));
        // The file before the changed one was handed over; its copy is the consumer's.
        assert.deepEqual(left.length <= 1, true, left.join());
        for (const path of scene.discarded) assert.equal(existsSync(path), false);
      });
    });
  }

  it("notices a huge file that changes, on two threads, without waiting for ever", async () => {
    await withScene(async (scene) => {
      const source = scene.write("huge", HUGE_BYTES);
      writeFileSync(source.absolutePath, "short now");
      await rejectsWithCode("source_changed", scene.read(2));
      assert.deepEqual(
        readdirSync(scene.directory).filter((name) => name.endsWith(".part")),
        [],
      );
    });
  });
});
