import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type LocalBackend,
  type LocalBackendOptions,
  openLocalBackend,
} from "../../src/storage/local/backend.ts";
import { runtime } from "./test-runtime.ts";

/** A local backend in a directory of its own; `open` opens the same store once more, as another process would. */
export interface LocalScene {
  readonly root: string;
  readonly backend: LocalBackend;
  open(options?: Partial<LocalBackendOptions>): LocalBackend;
  close(): Promise<void>;
}

export function openLocalScene(options: Partial<LocalBackendOptions> = {}): LocalScene {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "artifactstore-"));
  const root = join(directory, "store");
  const opened: LocalBackend[] = [];
  const open = (more: Partial<LocalBackendOptions> = {}) => {
    const backend = openLocalBackend("local", { root, openSqlite: runtime.openSqlite, ...options, ...more });
    opened.push(backend);
    return backend;
  };
  return {
    root,
    backend: open(),
    open,
    async close() {
      await Promise.all(opened.map((backend) => backend.close()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export async function withLocalScene<Result>(
  work: (scene: LocalScene) => Promise<Result>,
  options: Partial<LocalBackendOptions> = {},
): Promise<Result> {
  const scene = openLocalScene(options);
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
}
