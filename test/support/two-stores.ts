import { join } from "node:path";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { openTestRegistry, writeFiles } from "./open-registry.ts";
import { withTemporaryDirectory } from "./temporary-directory.ts";

export interface TwoStores {
  readonly directory: string;
  readonly registry: RegistryContext;
  /** Where the plain blobs of the backends `one` and `two` lie. */
  readonly roots: { readonly one: string; readonly two: string };
}

/** A registry whose packages of producer `tests` go to two backends, in plain files; all others to `local`. */
export async function withTwoStores(work: (stores: TwoStores) => Promise<void>): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const roots = { one: join(directory, "one"), two: join(directory, "two") };
    const backend = (name: "one" | "two") =>
      `[backends.${name}]\ntype = "local"\nroot = ${JSON.stringify(roots[name])}\npack_max_bytes = 0\n`;
    writeFiles(directory, { "registry.toml": backend("one") + backend("two") });
    const { registry, close } = await openTestRegistry(directory, {
      CONFIG: join(directory, "registry.toml"),
      STORAGE_BACKEND_ROUTES: "tests:*=one+two,*:*=local",
      INGEST_THREADS: "1",
    });
    try {
      await work({ directory, registry, roots });
    } finally {
      await close();
    }
  });
}
