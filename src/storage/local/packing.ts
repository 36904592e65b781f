import type { BlobPacking } from "../blob-store.ts";
import { checkContainer } from "./container-check.ts";
import { repairContainer } from "./container-repair.ts";
import { packBlobs } from "./pack.ts";
import type { LocalParts } from "./parts.ts";
import { unpackBlobs } from "./unpack.ts";

export function localPacking(parts: LocalParts): BlobPacking {
  return {
    pack: (options = {}) => packBlobs(parts, options),
    unpack: (options = {}) => unpackBlobs(parts, options),
    check: (options = {}) => checkContainer(parts, options),
    repair: (options = {}) => repairContainer(parts, options),
  };
}
