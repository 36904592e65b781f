import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type SQL, sql } from "drizzle-orm/sql/sql";
import { encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import type { CborMap } from "../../src/core/cbor-value.ts";
import { contentAddress, contentAddressHex } from "../../src/core/content-address.ts";
import { ThreadPool } from "../../src/dataplane/thread-pool.ts";
import { diagnose } from "../../src/registry/doctor.ts";
import type { DoctorProblem } from "../../src/registry/doctor-report.ts";
import { readManifest } from "../../src/registry/read-manifest.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { type VerificationFailure, verifyPackage } from "../../src/registry/verify-package.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { runtime } from "../support/test-runtime.ts";

const LARGE = new Uint8Array(100_000).fill(7);
const FILES = { "large.bin": LARGE, "small.txt": "a small file", "twin.txt": "a small file" };

interface Scene {
  readonly registry: RegistryContext;
  readonly store: string;
  readonly packageId: string;
  /** Changes rows as somebody would who has the database file. */
  tamper(...changes: SQL[]): Promise<void>;
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    writeFiles(join(directory, "source"), FILES);
    writeFiles(join(directory, "other"), { "other.txt": "of another package" });
    const { registry: opened, close } = await openTestRegistry(join(directory, "home"));
    try {
      const registry = { ...opened, threads: new ThreadPool({ threads: 0, blake3: "auto" }) };
      await registerPackage(registry, await requestFor(join(directory, "other"), { externalId: "other" }));
      const { packageId } = await registerPackage(registry, await requestFor(join(directory, "source")));
      const store = join(directory, "home", "var", "storage");
      await work({
        registry,
        store,
        packageId,
        tamper: (...changes) =>
          registry.database.write(async (writer) => {
            for (const change of changes) assert.ok((await writer.run(change)) > 0, "something was changed");
          }),
      });
    } finally {
      await close();
    }
  });
}

function blobPath({ registry, store }: Scene, bytes: Uint8Array): string {
  return join(store, objectKey(contentAddress(registry.blake3.hash(bytes))));
}

/** Both who look: `verify` of the package, and `doctor`, which reads everything. */
async function findings(scene: Scene): Promise<{ failures: Found[]; problems: readonly DoctorProblem[] }> {
  const { failures } = await verifyPackage(scene.registry, scene.packageId);
  const { problems, sound } = await diagnose(scene.registry, { deep: true });
  assert.equal(sound, problems.length === 0);
  const found = failures.map(({ kind, path, backendId }) => ({ kind, path, backendId }));
  return { failures: found.sort((a, b) => ((a.path ?? "") < (b.path ?? "") ? -1 : 1)), problems };
}

type Found = { [Key in "kind" | "path" | "backendId"]: VerificationFailure[Key] | undefined };

function lostBlob(path: string): Found {
  return { kind: "blob", path, backendId: "local" };
}

/** The container's row of the small files, changed through a connection of our own. */
function changeContainer(store: string, set: string, registry: RegistryContext): void {
  const digest = registry.blake3.hash(new TextEncoder().encode(FILES["small.txt"]));
  const hex = contentAddressHex(contentAddress(digest));
  const connection = runtime.openSqlite(join(store, "small.db"), { readOnly: false, create: false });
  try {
    connection.exec(`${set} WHERE content_address = x'${hex}'`);
  } finally {
    connection.close();
  }
}

describe("a package that is whole", () => {
  it("has nothing wrong with it", async () => {
    await withScene(async (scene) => {
      assert.deepEqual(await findings(scene), { failures: [], problems: [] });
    });
  });
});

describe("a damaged blob is found and its files are named", () => {
  const damages: Readonly<Record<string, (path: string) => void>> = {
    "one bit flipped": (path) => {
      const bytes = readFileSync(path);
      bytes[50_000] = (bytes[50_000] ?? 0) ^ 1;
      rmSync(path);
      writeFileSync(path, bytes);
    },
    truncated: (path) => truncateSync(path, 99_999),
    deleted: (path) => rmSync(path),
    "replaced by a directory": (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    it(`in a plain file, ${name}`, async () => {
      await withScene(async (scene) => {
        const path = blobPath(scene, LARGE);
        assert.ok(existsSync(path));
        damage(path);
        const { failures, problems } = await findings(scene);
        assert.deepEqual(failures, [lostBlob("large.bin")]);
        assert.deepEqual(
          problems.map(({ check, path: file, packageId, backendId }) => [check, file, packageId, backendId]),
          [["blobs", "large.bin", scene.packageId, "local"]],
        );
      });
    });
  }

  const rows: Readonly<Record<string, string>> = {
    "one bit flipped": "UPDATE blobs SET bytes = CAST(replace(bytes, 'small', 'smalm') AS BLOB)",
    truncated: "UPDATE blobs SET bytes = substr(bytes, 1, 5), size = 5",
    deleted: "DELETE FROM blobs",
  };
  for (const [name, statement] of Object.entries(rows)) {
    it(`in the container, ${name}`, async () => {
      await withScene(async (scene) => {
        changeContainer(scene.store, statement, scene.registry);
        const { failures, problems } = await findings(scene);
        assert.deepEqual(failures, [lostBlob("small.txt"), lostBlob("twin.txt")]);
        assert.deepEqual(
          problems.map(({ check, path }) => [check, path]),
          [
            ["blobs", "small.txt"],
            ["blobs", "twin.txt"],
          ],
        );
      });
    });
  }
});

describe("what was read is counted", () => {
  const SMALL_BYTES = FILES["small.txt"].length;
  const WHOLE = [2, LARGE.length + SMALL_BYTES];
  const damages: Readonly<Record<string, readonly [(path: string) => void, readonly number[]]>> = {
    nothing: [() => {}, WHOLE],
    "other bytes": [
      (path) => {
        rmSync(path);
        writeFileSync(path, new Uint8Array(LARGE.length));
      },
      WHOLE,
    ],
    truncated: [(path) => truncateSync(path, 99_999), [1, SMALL_BYTES]],
    missing: [(path) => rmSync(path), [1, SMALL_BYTES]],
    "not a file": [
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      [1, SMALL_BYTES],
    ],
  };
  for (const [name, [damage, counted]] of Object.entries(damages)) {
    it(`and nothing else, with ${name} in place of a blob`, async () => {
      await withScene(async (scene) => {
        damage(blobPath(scene, LARGE));
        const seen: number[][] = [];
        const { blobsRead, bytesRead } = await verifyPackage(scene.registry, scene.packageId, {
          onProgress: ({ files, bytes }) => seen.push([files, bytes]),
        });
        assert.deepEqual([blobsRead, bytesRead], counted);
        assert.deepEqual(seen.at(-1), WHOLE, "progress gets to its end");
      });
    });
  }
});

describe("an edited log is found", () => {
  const digest = sql`${new Uint8Array(32)}`;
  const edits: Readonly<Record<string, SQL>> = {
    created_at: sql`created_at = '2020-01-01T00:00:00.000Z'`,
    event_type: sql`event_type = 'v1.file.forgotten'`,
    subject_kind: sql`subject_kind = 'store'`,
    subject_id: sql`subject_id = 'somebody else''s'`,
    actor: sql`actor = 'local:nobody'`,
    payload: sql`payload = ${new Uint8Array([0xa0])}`,
    payload_digest: sql`payload_digest = ${digest}`,
  };
  for (const [column, set] of Object.entries(edits)) {
    it(`in ${column} of any event of the package`, async () => {
      await withScene(async (scene) => {
        // The first four are the other package's.
        const own = await scene.registry.database.read((reader) =>
          reader.all<{ sequence: number }>(
            sql`SELECT sequence FROM events WHERE subject_id = ${scene.packageId} ORDER BY sequence`,
          ),
        );
        assert.equal(own.length, 6);
        const keep = sql`CREATE TABLE kept AS SELECT * FROM events`;
        await scene.registry.database.write((writer) => writer.run(keep));
        for (const { sequence } of own) {
          await scene.tamper(sql`UPDATE events SET ${set} WHERE sequence = ${sequence}`);
          const kinds = (await verifyPackage(scene.registry, scene.packageId)).failures.map(
            ({ kind }) => kind,
          );
          assert.ok(kinds.includes("log"), `event ${sequence}`);
          if (sequence === own[0]?.sequence) {
            const report = await diagnose(scene.registry, { deep: false });
            assert.equal(report.sound, false);
            assert.ok(report.problems.some((problem) => problem.sequence === sequence));
          }
          await scene.tamper(sql`DELETE FROM events`, sql`INSERT INTO events SELECT * FROM kept`);
        }
        assert.deepEqual((await verifyPackage(scene.registry, scene.packageId)).failures, []);
      });
    });
  }

  it("when its last event is deleted", async () => {
    await withScene(async (scene) => {
      await scene.tamper(sql`DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events)`);
      const { failures, problems } = await findings(scene);
      assert.ok(failures.some(({ kind }) => kind === "log"));
      assert.ok(problems.some(({ check, sequence }) => check === "log" && sequence === 10));
    });
  });

  it("when two of its events change places", async () => {
    await withScene(async (scene) => {
      await scene.tamper(
        sql`UPDATE events SET sequence = 100 WHERE sequence = 7`,
        sql`UPDATE events SET sequence = 7 WHERE sequence = 8`,
        sql`UPDATE events SET sequence = 8 WHERE sequence = 100`,
      );
      const { failures } = await findings(scene);
      assert.ok(failures.some(({ kind }) => kind === "log"));
    });
  });

  it("when its head, its tree or its registry's id is edited", async () => {
    for (const change of [
      sql`UPDATE log_head SET sequence = sequence + 1`,
      sql`UPDATE log_head SET sequence = sequence - 1`,
      sql`UPDATE log_head SET root_hash = ${new Uint8Array(32)}`,
      sql`UPDATE log_head SET frontier = ${new Uint8Array(32)}`,
      sql`UPDATE log_head SET created_at = '2020-01-01T00:00:00.000Z'`,
      sql`DELETE FROM log_head`,
      sql`UPDATE log_tiles SET leaf_hashes = ${new Uint8Array(320)}`,
      sql`DELETE FROM log_tiles`,
    ]) {
      await withScene(async (scene) => {
        await scene.tamper(change);
        const { failures, problems } = await findings(scene);
        assert.ok(failures.some(({ kind }) => kind === "log"));
        assert.ok(problems.some(({ check }) => check === "log"));
      });
    }
    await withScene(async (scene) => {
      await scene.tamper(sql`DELETE FROM registry`);
      const { problems } = await findings(scene);
      assert.deepEqual(problems.map(({ check }) => check).slice(0, 1), ["registry"]);
    });
  });

  it("when its manifest is replaced by another that has its digest", async () => {
    await withScene(async (scene) => {
      const { manifest } = await readManifest(scene.registry, scene.packageId);
      const [first, ...files] = manifest.files;
      const forged = { ...manifest, files: [{ ...first, media_type: "text/html" }, ...files] };
      const payload = encodeCanonicalCbor(forged as unknown as CborMap);
      const digest = scene.registry.blake3.hash(payload);
      await scene.tamper(
        sql`UPDATE events SET payload = ${payload}, payload_digest = ${digest} WHERE event_type = 'v1.package.finalized' AND subject_id = ${scene.packageId}`,
      );
      const { failures, problems } = await findings(scene);
      assert.deepEqual(new Set(failures.map(({ kind }) => kind)), new Set(["log", "manifest", "view"]));
      assert.ok(problems.some(({ check }) => check === "views"));
    });
  });
});

describe("an edited view is found", () => {
  const changes: Readonly<Record<string, SQL>> = {
    "another media type": sql`UPDATE artifact_files SET media_type = 'text/html' WHERE relative_path = 'twin.txt'`,
    "another digest": sql`UPDATE artifact_files SET digest_sha256 = 'ff' WHERE relative_path = 'twin.txt'`,
    "another path": sql`UPDATE artifact_files SET relative_path = 'twin2.txt' WHERE relative_path = 'twin.txt'`,
    "no location": sql`DELETE FROM storage_locations WHERE file_id = (SELECT id FROM artifact_files WHERE relative_path = 'twin.txt')`,
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`with ${name}`, async () => {
      await withScene(async (scene) => {
        await scene.tamper(change);
        const { failures, problems } = await findings(scene);
        assert.ok(failures.some(({ kind, path }) => kind === "view" && path?.startsWith("twin")));
        assert.ok(problems.some(({ check }) => check === "views"));
      });
    });
  }
});
