import { resolve } from "node:path";
import { ArtifactstoreError } from "../core/errors.ts";
import type { BackendConfig } from "./backends.ts";

export interface LocalBackendOptions {
  /** Absolute. */
  readonly root: string;
  /** Blobs up to this size go into the container; 0 = none. Bytes. */
  readonly packMaxBytes: number;
}

/**
 * The options of a `[backends.<name>]` table of type `local`: `root`, `pack_max_bytes`. Throws `configuration`, naming
 * the option.
 */
export function localOptions(backend: BackendConfig, defaultPackMaxBytes: number): LocalBackendOptions {
  const refuse = (state: string) =>
    new ArtifactstoreError("configuration", `Cannot use storage backend "${backend.name}": ${state}`);
  for (const option of backend.options.keys()) {
    if (option !== "root" && option !== "pack_max_bytes") {
      throw refuse(`option "${option}" is not known; a local backend has "root" and "pack_max_bytes"`);
    }
  }
  const root = backend.options.get("root");
  if (typeof root !== "string" || root === "") throw refuse('option "root" must name a directory');
  const packMaxBytes = backend.options.get("pack_max_bytes") ?? defaultPackMaxBytes;
  if (typeof packMaxBytes !== "number" || !Number.isSafeInteger(packMaxBytes) || packMaxBytes < 0) {
    throw refuse('option "pack_max_bytes" must be a whole number of bytes');
  }
  return { root: resolve(backend.baseDirectory, root), packMaxBytes };
}
