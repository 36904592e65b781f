import { constants } from "node:fs";
import { dirname, sep } from "node:path";
import process from "node:process";
import { attempt, systemCode } from "./failure.ts";
import type { LocalFileSystem } from "./file-system.ts";
import { DIRECTORY_SYNCS_MAX } from "./limits.ts";

/** Evidence may hold secrets: nobody else looks into a root that we make. Below it the root's own mode protects. */
const ROOT_MODE = 0o700;

/**
 * Makes directories and makes names in them durable.
 *
 * A name is durable when its directory has been fsynced after the name was made, and every directory above it
 * likewise. Calls of `sync` that arrive while others are being served share the next round, so a thousand files of one
 * directory cost one fsync. A directory that was already there may have been made by a process that has not got
 * around to the fsync, so its own entry is made durable once by each process before anything relies on it.
 */
export class Directories {
  readonly root: string;
  readonly #fileSystem: LocalFileSystem;
  /** Directories below the root whose own entry is durable. At most 65,793. */
  readonly #proven = new Set<string>();
  #pending = new Map<string, PromiseWithResolvers<void>>();
  #running = false;
  #rootReady: Promise<void> | undefined;
  /** The topmost directory that `makeTemporaryNow` made. */
  #madeNow: string | undefined;

  constructor(root: string, fileSystem: LocalFileSystem) {
    this.root = root;
    this.#fileSystem = fileSystem;
  }

  /** Makes the root, durably, if it is not there. */
  async makeRoot(): Promise<void> {
    this.#rootReady ??= this.#makeRoot();
    try {
      await this.#rootReady;
    } catch (error) {
      this.#rootReady = undefined;
      throw error;
    }
  }

  /** Makes a directory below the root, and those on the way to it; not yet durable. */
  async make(directory: string): Promise<void> {
    await attempt(`make directory "${directory}"`, () => this.#makeBelow(directory));
  }

  /** The same at once, and with the root if need be, for a caller that cannot wait; `sync` makes it durable. */
  makeTemporaryNow(directory: string): void {
    if (this.#fileSystem.look.factsNow(directory)?.isDirectory === true) return;
    this.#madeNow = this.#fileSystem.makeDirectoriesNow(directory, ROOT_MODE) ?? this.#madeNow;
  }

  /** Resolves once all names that were made in these directories before the call are durable. */
  async sync(directories: Iterable<string>): Promise<void> {
    await this.makeRoot();
    const wanted = new Set<string>();
    for (const directory of directories) {
      wanted.add(directory);
      for (let at = directory; at !== this.root && !this.#proven.has(at); at = dirname(at))
        wanted.add(dirname(at));
    }
    await Promise.all(Array.from(wanted, (directory) => this.#join(directory)));
    for (const directory of wanted) if (directory !== this.root) this.#proven.add(directory);
  }

  #join(directory: string): Promise<void> {
    let waiting = this.#pending.get(directory);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      this.#pending.set(directory, waiting);
      if (!this.#running) {
        this.#running = true;
        setImmediate(() => void this.#serve());
      }
    }
    return waiting.promise;
  }

  async #serve(): Promise<void> {
    while (this.#pending.size > 0) {
      const round = this.#pending.entries();
      this.#pending = new Map();
      const worker = async () => {
        for (const [directory, waiting] of round) {
          await this.#syncOne(directory).then(waiting.resolve, waiting.reject);
        }
      };
      await Promise.all(Array.from({ length: DIRECTORY_SYNCS_MAX }, worker));
    }
    this.#running = false;
  }

  async #syncOne(directory: string): Promise<void> {
    // Windows opens no directories, and NTFS journals names by itself.
    if (process.platform === "win32") return;
    await attempt(`make names in "${directory}" durable`, async () => {
      const handle = await this.#fileSystem.open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  async #makeRoot(): Promise<void> {
    const made = await attempt(`make the store's root "${this.root}"`, () => this.#makeChain(this.root));
    for (let at = this.root; this.#madeNow !== undefined && isWithin(at, this.#madeNow); at = dirname(at))
      made.push(at);
    for (const directory of made) await this.#syncOne(dirname(directory));
    if (made.length > 0) return;
    try {
      await this.#syncOne(dirname(this.root));
    } catch {
      // Somebody made the root for us; its parent may be out of our reach, and its durability is theirs.
    }
  }

  /** Makes a directory and its missing ancestors; answers those it made. */
  async #makeChain(directory: string): Promise<string[]> {
    if ((await this.#fileSystem.look.facts(directory))?.isDirectory === true) return [];
    const parent = dirname(directory);
    const made = parent === directory ? [] : await this.#makeChain(parent);
    if (await this.#makeOne(directory)) made.push(directory);
    return made;
  }

  async #makeBelow(directory: string): Promise<void> {
    if (directory === this.root) return await this.makeRoot();
    try {
      await this.#makeOne(directory);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      await this.#makeBelow(dirname(directory));
      await this.#makeOne(directory);
    }
  }

  /** Answers whether it was not there before. */
  async #makeOne(directory: string): Promise<boolean> {
    try {
      await this.#fileSystem.makeDirectory(directory, directory === this.root ? ROOT_MODE : undefined);
      // Somebody may have removed it after it was proven; this one is new.
      this.#proven.delete(directory);
      return true;
    } catch (error) {
      if (systemCode(error) === "EEXIST") return false;
      throw error;
    }
  }
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory + sep);
}
