import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Blake3Engine, digestBlake3, portableBlake3 } from "../../src/core/digest.ts";
import { digestAndCopyFile, digestFile } from "../../src/dataplane/digest-file.ts";
import { type CopyCalls, copyCalls, DIRECT_MIN_BYTES } from "../../src/dataplane/file-copy.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { sourceOf } from "../support/source-of.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const CONTENT = Buffer.from("evidence\n".repeat(40_000));

async function withSource(work: (path: string, directory: string) => unknown): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const path = join(directory, "source");
    writeFileSync(path, CONTENT);
    await work(path, directory);
  });
}

/** The calls of production, one of them failing as the operating system would. */
function failing(call: keyof CopyCalls, code: string): CopyCalls {
  return {
    ...copyCalls,
    [call]: () => {
      throw Object.assign(new Error(`${code}: injected`), { code });
    },
  };
}

describe("digestFile", () => {
  it("answers both digests of a file, an empty one too", async () => {
    await withSource((path, directory) => {
      const digests = digestFile(portableBlake3, sourceOf(path));
      assert.equal(bytesToHex(digests.blake3), bytesToHex(digestBlake3(CONTENT)));
      assert.equal(bytesToHex(digests.sha256), createHash("sha256").update(CONTENT).digest("hex"));
      const empty = join(directory, "empty");
      writeFileSync(empty, "");
      const none = digestFile(portableBlake3, sourceOf(empty));
      assert.equal(bytesToHex(none.sha256), createHash("sha256").digest("hex"));
    });
  });

  it("refuses a file that changed since it was walked", async () => {
    await withSource(async (path) => {
      const grown = sourceOf(path);
      appendFileSync(path, "more");
      await rejectsWithCode("source_changed", () => digestFile(portableBlake3, grown));
      const touched = sourceOf(path);
      utimesSync(path, 1, 1);
      await rejectsWithCode("source_changed", () => digestFile(portableBlake3, touched));
    });
  });
});

describe("digestAndCopyFile", () => {
  it("leaves a copy that is equal and cannot be written to", async () => {
    await withSource((path, directory) => {
      const copy = join(directory, "copy");
      const digests = digestAndCopyFile(portableBlake3, sourceOf(path), copy);
      assert.equal(bytesToHex(digests.blake3), bytesToHex(digestBlake3(CONTENT)));
      assert.deepEqual(readFileSync(copy), CONTENT);
    });
  });

  it("never writes into a file that is there already", async () => {
    await withSource(async (path, directory) => {
      const copy = join(directory, "copy");
      writeFileSync(copy, "somebody's");
      await rejectsWithCode("backend_unavailable", () =>
        digestAndCopyFile(portableBlake3, sourceOf(path), copy),
      );
      assert.equal(readFileSync(copy, "utf8"), "somebody's");
    });
  });

  const cases = [
    ["create", "EROFS", "storage_read_only"],
    ["create", "ENOSPC", "storage_full"],
    ["write", "ENOSPC", "storage_full"],
    ["write", "EDQUOT", "storage_full"],
    ["sync", "EIO", "backend_unavailable"],
    ["close", "EIO", "backend_unavailable"],
  ] as const;
  for (const [call, osCode, code] of cases) {
    it(`leaves nothing behind when ${call} fails with ${osCode}`, async () => {
      await withSource(async (path, directory) => {
        const copy = join(directory, "copy");
        await rejectsWithCode(code, () =>
          digestAndCopyFile(portableBlake3, sourceOf(path), copy, failing(call, osCode)),
        );
        assert.equal(existsSync(copy), false);
      });
    });
  }
});

describe("a large copy", () => {
  function withLarge(extraBytes: number, work: (path: string, copy: string, content: Buffer) => unknown) {
    return withTemporaryDirectory(async (directory) => {
      const content = Buffer.alloc(DIRECT_MIN_BYTES + extraBytes, "0123456789abcdef!");
      const path = join(directory, "source");
      writeFileSync(path, content);
      await work(path, join(directory, "copy"), content);
    });
  }

  for (const extraBytes of [0, 1, 4_095, 4_096, 5_000, 4_194_304, 4_194_305]) {
    it(`is equal and read-only, ${extraBytes} bytes over the limit`, async () => {
      await withLarge(extraBytes, (path, copy, content) => {
        digestAndCopyFile(portableBlake3Light, sourceOf(path), copy);
        assert.equal(Buffer.compare(readFileSync(copy), content), 0);
        assert.equal(statSync(copy).mode & 0o777, 0o444);
      });
    });
  }

  it("goes through the cache where the file system knows no direct writes", async () => {
    const refuseFlag: CopyCalls = {
      ...copyCalls,
      create: (path, flags) => {
        if (flags !== 0) throw Object.assign(new Error("EINVAL: injected"), { code: "EINVAL" });
        return copyCalls.create(path, flags);
      },
    };
    let refused = 0;
    const refuseWrite: CopyCalls = {
      ...copyCalls,
      write: (descriptor, bytes, position) => {
        if (refused++ === 0) throw Object.assign(new Error("EINVAL: injected"), { code: "EINVAL" });
        return copyCalls.write(descriptor, bytes, position);
      },
    };
    for (const calls of [refuseFlag, refuseWrite]) {
      await withLarge(123, (path, copy, content) => {
        digestAndCopyFile(portableBlake3Light, sourceOf(path), copy, calls);
        assert.equal(Buffer.compare(readFileSync(copy), content), 0);
      });
    }
  });

  for (const [call, osCode] of [
    ["create", "ENOSPC"],
    ["reopen", "EIO"],
    ["write", "ENOSPC"],
    ["protect", "EIO"],
    ["sync", "EIO"],
  ] as const) {
    it(`leaves nothing behind when ${call} fails`, async () => {
      await withLarge(5, (path, copy) => {
        assert.throws(() =>
          digestAndCopyFile(portableBlake3Light, sourceOf(path), copy, failing(call, osCode)),
        );
        assert.equal(existsSync(copy), false);
      });
    });
  }
});

/** These tests are about the copy; the portable BLAKE3 would take most of their time. */
const portableBlake3Light: Blake3Engine = {
  name: "none",
  hash: () => new Uint8Array(32),
  create: () => ({ update: () => {}, digest: () => new Uint8Array(32) }),
};
