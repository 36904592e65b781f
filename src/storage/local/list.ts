import { ArtifactstoreError } from "../../core/errors.ts";
import type { BlobEntry, ListOptions } from "../blob-store.ts";
import { scanContainer, type UnreadableRange } from "./container-scan.ts";
import { storageFailure } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { plainEntries } from "./plain-walk.ts";

/** Merges both places in order of address. A blob in both is listed as the container has it, as `stat` answers. */
export async function* listBlobs(parts: LocalParts, options: ListOptions): AsyncGenerator<BlobEntry> {
  const packed = packedEntries(parts, options);
  const plain = plainEntries(parts, options.after);
  let left = packed.next();
  let right = await plain.next();
  for (;;) {
    if (left.done !== true && (right.done === true || left.value.address <= right.value.address)) {
      if (right.done !== true && right.value.address === left.value.address) right = await plain.next();
      yield left.value;
      left = packed.next();
    } else if (right.done !== true) {
      yield right.value;
      right = await plain.next();
    } else {
      break;
    }
  }
  if (left.done === true && left.value !== undefined) throw left.value;
}

/** Entries of the container; answers the error to throw when all that can be read has been listed. */
export function* packedEntries(
  parts: LocalParts,
  options: ListOptions,
): Generator<BlobEntry, ArtifactstoreError | undefined> {
  const { path } = parts.container;
  const gaps: UnreadableRange[] = [];
  try {
    const connect = () => parts.container.forReading();
    for (const page of scanContainer(connect, options.after, (gap) => gaps.push(gap))) yield* page;
  } catch (error) {
    return storageFailure(`list the container "${path}"`, error);
  }
  const first = gaps[0];
  return first === undefined
    ? undefined
    : new ArtifactstoreError(
        "store_damaged",
        `Cannot list the container "${path}" whole: "${gaps.length}" stretches of its index cannot be read, the first from "${first.fromHex}" to "${first.toHex}"`,
      );
}
