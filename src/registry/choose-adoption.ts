import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { StorageBackend } from "../storage/blob-store.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How the files of one registration travel to its targets. */
export interface Adoption {
  /** The target that takes over finished files by rename; `undefined` if all want streams. */
  readonly adopter: StorageBackend | undefined;
  /** Files up to this size travel in memory. Bytes. */
  readonly smallMaxBytes: number;
  /** Where the copy of the next large file goes: on the adopter's file system, else in the spool. */
  readonly temporaryPath: () => string;
}

export function chooseAdoption(context: RegistryContext, targets: readonly StorageBackend[]): Adoption {
  const adopter = targets.find((target) => target.intake !== undefined);
  const intake = adopter?.intake;
  return {
    adopter,
    smallMaxBytes: Math.min(...targets.map((target) => target.blobs.properties.smallBlobMaxBytes)),
    temporaryPath: () =>
      intake === undefined ? join(context.spoolDirectory, `${randomUUID()}.part`) : intake.temporaryPath(),
  };
}
