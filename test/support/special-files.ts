import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/** Names and files that the runtimes have no call for. */
export function makeFifo(path: string): void {
  execFileSync("mkfifo", [path]);
}

export function makeNullDevice(path: string): void {
  execFileSync("mknod", [path, "c", "1", "3"], { stdio: "ignore" });
}

/** @param octalName bytes as `printf` takes them: `a\377` */
export function makeFileNamedByBytes(directory: string, octalName: string): void {
  execFileSync("sh", ["-c", `printf x > "$(printf '${octalName}')"`], { cwd: directory });
}

/** Why a test that needs a device cannot run here, or `false`. */
export function whyNoDevices(): string | false {
  const probe = join(tmpdir(), `artifactstore-device-${process.pid}`);
  try {
    makeNullDevice(probe);
    rmSync(probe);
    return false;
  } catch {
    return "devices can only be made by root, outside of containers that forbid it";
  }
}

const NOBODY = 65534;

/** Mode bits do not bind root, so root becomes somebody else for as long as the work takes. */
export async function asOrdinaryUser<Result>(work: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
