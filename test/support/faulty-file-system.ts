import type { LocalFile, LocalFileSystem } from "../../src/storage/local/file-system.ts";
import { nodeFileSystem } from "../../src/storage/local/node-file-system.ts";

/** One system call: `open store/tmp/…`, `sync store/blake3/ab`. */
export type Step = string;

export interface FaultyFileSystem {
  readonly fileSystem: LocalFileSystem;
  /** What was called, in order. */
  readonly steps: Step[];
}

/** What to do at a step: fail with this errno name, or `undefined` to let it pass. */
export type FaultPlan = (step: Step, number: number) => string | undefined;

/**
 * The real file system, with faults: a step that fails does nothing. Each step is written down as its verb and its path
 * below `root`, with random names as `*`.
 */
export function faultyFileSystem(root: string, plan: FaultPlan = () => undefined): FaultyFileSystem {
  const steps: Step[] = [];
  const note = (verb: string, path: string) => {
    const named = path.replace(root, "store").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "*");
    const step = `${verb} ${named.replace(/[0-9a-f]{64}/, "<hex>")}`;
    steps.push(step);
    const code = plan(step, steps.length);
    if (code !== undefined) throw Object.assign(new Error(`${code}: injected at ${step}`), { code });
  };
  const wrap = (path: string, file: LocalFile): LocalFile => ({
    async read(into, position) {
      note("read", path);
      return await file.read(into, position);
    },
    async write(bytes) {
      note("write", path);
      return await file.write(bytes);
    },
    async stat() {
      note("stat", path);
      return await file.stat();
    },
    async setMode(mode) {
      note("mode", path);
      await file.setMode(mode);
    },
    async sync() {
      note("sync", path);
      await file.sync();
    },
    async close() {
      // The descriptor goes either way, as it does on Linux.
      await file.close();
      note("close", path);
    },
  });
  const fileSystem: LocalFileSystem = {
    async open(path, flags, mode) {
      note("open", path);
      return wrap(path, await nodeFileSystem.open(path, flags, mode));
    },
    async rename(from, to) {
      note("rename", to);
      await nodeFileSystem.rename(from, to);
    },
    async link(from, to) {
      note("link", to);
      await nodeFileSystem.link(from, to);
    },
    async unlink(path) {
      note("unlink", path);
      await nodeFileSystem.unlink(path);
    },
    async makeDirectory(path, mode) {
      note("mkdir", path);
      await nodeFileSystem.makeDirectory(path, mode);
    },
    makeDirectoriesNow(path, mode) {
      note("mkdirs", path);
      return nodeFileSystem.makeDirectoriesNow(path, mode);
    },
    look: nodeFileSystem.look,
  };
  return { fileSystem, steps };
}
