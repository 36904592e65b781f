import { setImmediate as nextTurn } from "node:timers/promises";
import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { ADDRESSES_ASKED_MAX } from "../core/limits.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { type ReadableBlob, readableBlob } from "../views/query-readable-blobs.ts";
import { missingFrom } from "./ensure-stored.ts";
import { openPackage } from "./record-files.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Which packages somebody may read. */
export interface Visible {
  /** Of this producer alone; absent: all. */
  readonly producer?: string;
}

export interface KnownBlob {
  readonly address: ContentAddress;
  /** Bytes. */
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Addresses looked up between two turns of the event loop. Count. */
const LOOKED_UP_AT_ONCE = 100;

/**
 * Which of these blobs must be sent to a package before it can have them: those that no package holds that the asker may
 * read, and those whose bytes are lost. In the order asked, each once. An answer, no promise: what is not missing now may
 * be deleted before it is referred to.
 *
 * Throws `invalid_input`, `limit_exceeded`, `package_not_found`, `package_state`.
 */
export async function missingBlobs(
  context: RegistryContext,
  packageId: string,
  addresses: readonly string[],
  visible: Visible,
): Promise<ContentAddress[]> {
  if (addresses.length > ADDRESSES_ASKED_MAX) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot look for blobs: ${addresses.length} are asked about at once, more than ${ADDRESSES_ASKED_MAX}`,
    );
  }
  const asked = [...new Set(addresses.map(parseContentAddress))];
  await openPackage(context, packageId);
  const known = await knownBlobs(context, asked, visible);
  const lost = new Set(await heldNowhere(context.backends.values(), [...known.values()]));
  return asked.filter((address) => !known.has(address) || lost.has(address));
}

/** What the log says of those of the blobs that the asker may read. */
export async function knownBlobs(
  context: RegistryContext,
  addresses: readonly ContentAddress[],
  { producer }: Visible,
): Promise<Map<ContentAddress, KnownBlob>> {
  const known = new Map<ContentAddress, KnownBlob>();
  for (let at = 0; at < addresses.length; at += LOOKED_UP_AT_ONCE) {
    const batch = addresses.slice(at, at + LOOKED_UP_AT_ONCE);
    const found = await context.database.read(async (reader) => {
      const rows: (ReadableBlob | undefined)[] = [];
      for (const address of batch) rows.push(await readableBlob(reader, address, producer));
      return rows;
    });
    for (const [index, address] of batch.entries()) {
      const row = found[index];
      if (row === undefined) continue;
      known.set(address, { address, sizeBytes: row.size_bytes, sha256: row.digest_sha256 });
    }
    await nextTurn();
  }
  return known;
}

/** Those that no backend holds at their size. */
async function heldNowhere(
  backends: Iterable<StorageBackend>,
  blobs: readonly KnownBlob[],
): Promise<ContentAddress[]> {
  let left = blobs;
  for (const backend of backends) {
    if (left.length === 0) break;
    left = (
      await missingFrom(
        backend,
        left.map((blob) => [blob, blob.address] as const),
      )
    ).map(([blob]) => blob);
  }
  return left.map(({ address }) => address);
}
