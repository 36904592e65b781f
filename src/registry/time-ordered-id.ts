import { randomFillSync } from "node:crypto";
import { uuidV7 } from "../core/uuid.ts";

const RANDOM_BYTES_EACH = 10;

/** Asking the system for randomness costs as much for hundreds of ids as for one. Count. */
const IDS_AT_ONCE = 256;

/**
 * Makes ids of packages, files and events' subjects: UUIDs of version 7. Each random byte is used once.
 *
 * @param clock milliseconds since 1970
 */
export function timeOrderedIds(clock: () => number): () => string {
  const random = new Uint8Array(RANDOM_BYTES_EACH * IDS_AT_ONCE);
  let used = random.length;
  return () => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    const from = used;
    used += RANDOM_BYTES_EACH;
    return uuidV7(clock(), random.subarray(from, used));
  };
}
