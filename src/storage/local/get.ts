import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { GetOptions } from "../blob-store.ts";
import { chunksOf, clipRange } from "../body.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { findBlob } from "./find.ts";
import type { LocalParts } from "./parts.ts";
import { readPlain } from "./plain-read.ts";

export async function getBlob(
  parts: LocalParts,
  address: ContentAddress,
  options: GetOptions,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  options.signal?.throwIfAborted();
  clipRange(options.range, 0);
  return await findBlob<AsyncIterable<Uint8Array>>(
    parts,
    address,
    (container) => {
      const bytes = packedBytes(container, address);
      return bytes === undefined ? undefined : chunksOf(bytes, options.range, options.signal);
    },
    () => readPlain(parts, address, options),
  );
}

/** A blob of the container, checked against the size it was stored with. Throws `store_damaged`. */
export function packedBytes(container: ContainerConnection, address: ContentAddress): Uint8Array | undefined {
  const row = container.read(address);
  if (row !== undefined && row.bytes.length !== row.size) {
    throw new ArtifactstoreError(
      "store_damaged",
      `Cannot read blob "${address}": the container has ${row.bytes.length} bytes of ${row.size}`,
    );
  }
  return row?.bytes;
}
