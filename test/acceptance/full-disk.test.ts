import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { it } from "node:test";
import { contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3 } from "../../src/core/digest.ts";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation } from "../support/installation.ts";
import { type Mounted, whyNoMounts, withTmpfs } from "../support/mounted.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const DISK_BYTES = 6 * 1024 * 1024;
const OLD_SECONDS = Date.now() / 1000 - 3 * 86_400;
const ORPHANS = 3;

interface Fixed {
  readonly sound: boolean;
  readonly reclaimed: Record<string, { blobs: number; leftovers: number; not_removed: unknown[] }> | null;
}

interface Scene {
  readonly installation: Installation;
  readonly run: string;
  readonly mounted: Mounted;
}

/** A registry on a disk of its own, with old orphans in its store. */
async function withScene(
  work: (scene: Scene) => Promise<void>,
  prepare: (made: Installation) => void = () => undefined,
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const run = join(directory, "run");
    writeGuideBoardRun(run);
    const made = new Installation(join(directory, "made"));
    await made.ingest(run);
    for (let number = 0; number < ORPHANS; number++) {
      const bytes = new Uint8Array(100_000).fill(number);
      writeOld(made.blobPath(contentAddress(digestBlake3(bytes))), bytes);
    }
    prepare(made);
    const place = join(directory, "place");
    mkdirSync(place);
    await withTmpfs(place, DISK_BYTES, async (mounted) => {
      cpSync(join(directory, "made"), mounted.outside, { recursive: true, preserveTimestamps: true });
      await work({ installation: new Installation(place), run, mounted });
    });
  });
}

function writeOld(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  utimesSync(path, OLD_SECONDS, OLD_SECONDS);
}

/** Leaves not one block; checks before that this is the small disk. */
function fill({ outside }: Mounted): void {
  const { blocks, bsize } = statfsSync(outside);
  assert.equal(blocks * bsize, DISK_BYTES);
  assert.throws(() => writeFileSync(join(outside, "fill"), new Uint8Array(DISK_BYTES)), /ENOSPC/);
  assert.equal(statfsSync(outside).bfree, 0);
}

async function fix({ installation, mounted }: Scene): Promise<Fixed> {
  return await installation.json<Fixed>(["doctor", "--fix", "--json"], mounted);
}

describeOnBinary("a disk without a free block", () => {
  const skip = whyNoMounts();

  it("is examined, and freed of what nothing refers to", { skip }, () =>
    withScene(async (scene) => {
      const { installation, run, mounted } = scene;
      fill(mounted);
      await installation.json(["doctor", "--deep"], mounted);
      const { sound, reclaimed } = await fix(scene);
      assert.deepEqual([sound, reclaimed?.["local"]?.blobs], [true, ORPHANS]);
      assert.deepEqual(reclaimed?.["local"]?.not_removed, []);
      assert.ok(statfsSync(mounted.outside).bfree > 0);
      const again = await installation.json<{ reused_existing: boolean }>(
        ["guide-board", "ingest", run, "--quiet"],
        mounted,
      );
      assert.equal(again.reused_existing, true);
      rmSync(join(mounted.outside, "fill"));
      await installation.json(["doctor", "--deep"], mounted);
    }),
  );

  it("is freed where a write-ahead log was left behind, too", { skip }, () =>
    withScene(
      async (scene) => {
        fill(scene.mounted);
        const { reclaimed } = await fix(scene);
        assert.deepEqual([reclaimed?.["local"]?.blobs, reclaimed?.["local"]?.leftovers], [ORPHANS, 1]);
      },
      (made) => {
        writeOld(join(made.storeRoot, "tmp", "left"), new Uint8Array(4096));
        const log = `${made.databasePath}-wal`;
        made.tamper((connection) => {
          connection.exec("INSERT INTO leases VALUES ('a', 'use', 'h', '2000', '2000', x'')");
          copyFileSync(log, `${log}.kept`);
        });
        renameSync(`${log}.kept`, log);
        assert.equal(existsSync(`${made.databasePath}-shm`), false);
      },
    ),
  );

  it("is told to whoever writes", { skip }, () =>
    withScene(async ({ installation, run, mounted }) => {
      fill(mounted);
      const files = join(run, "reports");
      const push = ["push", files, "--producer", "p", "--subject", "s", "--retention-class", "raw-evidence"];
      await installation.refuses("storage_full", push, mounted);
    }),
  );

  it("is left as it was by a pull that has no room", { skip }, () =>
    withTemporaryDirectory(async (directory) => {
      const run = join(directory, "run");
      writeGuideBoardRun(run, { extraFiles: 30, fileSizeBytes: 70_000 });
      // By the threads, and by the stream.
      writeFileSync(join(run, "artifacts", "huge.bin"), new Uint8Array(DISK_BYTES).fill(1));
      const installation = new Installation(join(directory, "registry"));
      const { package_id: id } = await installation.ingest(run);
      const target = join(directory, "target");
      mkdirSync(target);
      await withTmpfs(target, DISK_BYTES, async (mounted) => {
        writeFileSync(join(mounted.outside, "mine"), new Uint8Array(DISK_BYTES - 1024 * 1024));
        await installation.refuses("storage_full", ["pull", id, target], mounted);
        assert.deepEqual(readdirSync(mounted.outside), ["mine"]);
      });
    }),
  );
});
