import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Contestant } from "./contest.ts";
import { timedProcess } from "./timed-process.ts";
import type { Workbench } from "./workbench.ts";

/** Why a peer cannot take part; `undefined` if it can. */
function absence(command: string, ...args: readonly string[]): string | undefined {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0
    ? undefined
    : `"${command}" is not installed`;
}

/** `borg create` without compression and encryption, into a fresh repository; making that is not timed. */
export function borg(bench: Workbench, tree: string): Contestant {
  return {
    name: "borg create",
    absent: absence("borg", "--version"),
    async run() {
      const directory = bench.fresh("borg");
      const repository = join(directory, "repository");
      const environment = {
        BORG_BASE_DIR: directory,
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes",
      };
      await timedProcess(["borg", "init", "-e", "none", repository], { environment });
      const create = ["borg", "create", "-C", "none", `${repository}::one`, "."];
      const timing = await timedProcess(create, { environment, cwd: tree });
      rmSync(directory, { recursive: true });
      return timing;
    },
  };
}

/** `restic backup` without compression, into a fresh repository; making that is not timed. */
export function restic(bench: Workbench, tree: string): Contestant {
  return {
    name: "restic backup",
    absent: absence("restic", "version"),
    async run() {
      const directory = bench.fresh("restic");
      const environment = {
        RESTIC_REPOSITORY: join(directory, "repository"),
        RESTIC_CACHE_DIR: join(directory, "cache"),
        RESTIC_PASSWORD: "bench",
      };
      await timedProcess(["restic", "init", "--quiet"], { environment });
      const backup = ["restic", "backup", "--quiet", "--compression", "off", "."];
      const timing = await timedProcess(backup, { environment, cwd: tree });
      rmSync(directory, { recursive: true });
      return timing;
    },
  };
}

const OVER_TREE = (command: string) => `find . -type f -print0 | xargs -0 ${command} > /dev/null`;

/** `b3sum` and `openssl dgst -sha256` over a tree, one after the other. */
export function hashersInTurn(tree: string): Contestant {
  return {
    name: "b3sum, openssl dgst",
    absent: absence("b3sum", "--version") ?? absence("openssl", "version"),
    run: () =>
      timedProcess(["sh", "-ec", `${OVER_TREE("b3sum")}; ${OVER_TREE("openssl dgst -sha256")}`], {
        cwd: tree,
      }),
  };
}

export function opensslDigest(file: string): Contestant {
  return {
    name: "openssl dgst",
    absent: absence("openssl", "version"),
    run: () => timedProcess(["openssl", "dgst", "-sha256", file]),
  };
}

/** `cp` of a file, then `sync -f` of the copy's file system. */
export function copyAndSync(bench: Workbench, file: string): Contestant {
  return {
    name: "cp, sync -f",
    async run() {
      const directory = bench.fresh("copy");
      const program = 'cp -- "$1" "$2/copy" && sync -f "$2/copy"';
      const timing = await timedProcess(["sh", "-ec", program, "sh", file, directory]);
      rmSync(directory, { recursive: true });
      return timing;
    },
  };
}

/** `git add` of a tree into a fresh repository; making that is not timed. */
export function gitAdd(bench: Workbench, tree: string): Contestant {
  return {
    name: "git add",
    absent: absence("git", "--version"),
    async run() {
      const directory = bench.fresh("git");
      const environment = { GIT_DIR: directory, GIT_WORK_TREE: tree };
      await timedProcess(["git", "init", "-q"], { environment });
      const timing = await timedProcess(["git", "add", "-A"], { environment, cwd: tree });
      rmSync(directory, { recursive: true });
      return timing;
    },
  };
}
