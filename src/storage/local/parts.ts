import type { ContentAddress } from "../../core/content-address.ts";
import type { Slots } from "../slots.ts";
import type { Container } from "./container.ts";
import type { ContainerQueue } from "./container-queue.ts";
import type { Directories } from "./directories.ts";
import type { LocalFileSystem } from "./file-system.ts";
import type { PlainPrefixes } from "./plain-prefixes.ts";
import type { Turns } from "./turns.ts";

/** What the verbs of one open local store share. */
export interface LocalParts {
  readonly root: string;
  /** Blobs up to this size go into the container; 0: none. Where a blob lies already plays no part in reading it. */
  readonly packMaxBytes: number;
  readonly fileSystem: LocalFileSystem;
  readonly directories: Directories;
  readonly container: Container;
  readonly queue: ContainerQueue;
  readonly turns: Turns;
  readonly prefixes: PlainPrefixes;
  /** Plain files that are written at once. */
  readonly writes: Slots;
  /**
   * Blobs that are visible though making their name durable failed twice. They are written anew when they come again
   * instead of being taken for present.
   */
  readonly suspects: Set<ContentAddress>;
}
