import { join } from "node:path";
import { type ContentAddress, contentAddressHex } from "../../core/content-address.ts";
import type { LocalFileSystem } from "./file-system.ts";

/** How long "there is no such directory" is believed. Milliseconds. */
const BELIEVED_MS = 1_000;

/**
 * Which of the 256 directories of plain blobs are there at all. Asking for the plain copy of each of thousands of small
 * blobs, of which there is nearly always none, costs more than all the rest of a `put`.
 *
 * An answer that is out of date by then does no harm: at worst a blob that another process has just unpacked is stored
 * in the container too, as after a stopped `unpack`.
 */
export class PlainPrefixes {
  readonly #root: string;
  readonly #fileSystem: LocalFileSystem;
  readonly #absent = new Map<string, number>();

  constructor(root: string, fileSystem: LocalFileSystem) {
    this.#root = root;
    this.#fileSystem = fileSystem;
  }

  /** False: there is no plain blob whose address begins like this one. Throws what the file system throws. */
  mayHold(address: ContentAddress): boolean {
    const prefix = contentAddressHex(address).slice(0, 2);
    const now = performance.now();
    const asked = this.#absent.get(prefix);
    if (asked !== undefined && now - asked < BELIEVED_MS) return false;
    if (this.#fileSystem.look.factsNow(join(this.#root, "blake3", prefix)) !== undefined) return true;
    this.#absent.set(prefix, now);
    return false;
  }
}
