import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";

/** The checkout, absolute. */
export const ROOT = resolve(import.meta.dirname, "..");

/** Where the build puts the binary for this machine. */
export const BINARY = join(ROOT, "dist", "artifactstore");

/** Both entries of the binary: the program, and what its threads run. */
export const ENTRIES = ["src/main.ts", "src/dataplane/worker.ts", "src/container-worker.ts"] as const;

/** Bun: the one that runs this, or the first on the path where Deno runs this. */
export function bunPath(): string {
  return process.versions["bun"] === undefined ? "bun" : process.execPath;
}

/** An executable that a development dependency brings. */
export function toolPath(name: string): string {
  return join(ROOT, "node_modules", ".bin", name);
}

/**
 * Deno, as its platform package has it. Its own starter in `.bin` wants Node and, without install scripts, a writable
 * `node_modules`; the executable itself wants neither.
 */
export function denoPath(): string {
  const target = `${platform()}-${arch()}${platform() === "linux" ? "-glibc" : ""}`;
  const path = join(ROOT, "node_modules", "@deno", target, platform() === "win32" ? "deno.exe" : "deno");
  return existsSync(path) ? path : toolPath("deno");
}
