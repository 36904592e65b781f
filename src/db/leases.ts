import { sql } from "drizzle-orm/sql/sql";
import { type ContentAddress, contentAddress, contentAddressBytes } from "../core/content-address.ts";
import { formatTimestamp } from "../core/timestamp.ts";
import { lockLog } from "./lock-log.ts";
import { leases } from "./log-tables.ts";
import type { DatabaseReader, DatabaseWriter } from "./registry-database.ts";

/*
 * Who relies on blobs, and who is deleting them. A `use` lease says: I am about to record events that name these
 * blobs. A `delete` lease says: I am removing these blobs from their backends. The two exclude each other, blob by
 * blob; several uses of one blob go together, two deletions of it do not.
 *
 * A lease is a row, and the row is the lease: while it is there, no lease of the other kind is given. Rows past their
 * expiry are removed by whoever next asks for a lease, since their holder is taken for dead. A holder therefore
 * learns whether its lease still stood by removing it: in the transaction that records the events (use), and before
 * each batch of deletions, by renewing (delete).
 *
 * Asking takes the log's lock, so that two who ask at once follow one another.
 */

export interface LeaseRequest {
  /** A UUID, chosen by the holder. */
  readonly id: string;
  /** For people: process, host, purpose. */
  readonly holder: string;
  readonly addresses: readonly ContentAddress[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly durationMs: number;
}

type LeaseMode = "use" | "delete";

const DIGEST_BYTES = 32;

/** Takes the lease, unless some of the blobs are being deleted: then answers those, and nothing is taken. */
export async function acquireUseLease(
  writer: DatabaseWriter,
  request: LeaseRequest,
): Promise<ContentAddress[]> {
  await lockLog(writer);
  await purgeExpiredLeases(writer, request.now);
  const deleting = await leasedAddresses(writer, "delete");
  const conflicts = request.addresses.filter((address) => deleting.has(address));
  if (conflicts.length === 0) await insertLease(writer, "use", request);
  return conflicts;
}

/**
 * Takes a lease for deleting those of the blobs that nobody uses, deletes or refers to; answers them. With none left
 * no lease is taken.
 *
 * @param findReferenced which of the blobs the registry's views name; asked within the transaction
 */
export async function acquireDeleteLease(
  writer: DatabaseWriter,
  request: LeaseRequest,
  findReferenced: (addresses: readonly ContentAddress[]) => Promise<ReadonlySet<string>>,
): Promise<ContentAddress[]> {
  await lockLog(writer);
  await purgeExpiredLeases(writer, request.now);
  const unleased = await unleasedOf(writer, request.addresses);
  const referenced = await findReferenced(unleased);
  const granted = unleased.filter((address) => !referenced.has(address));
  if (granted.length > 0) await insertLease(writer, "delete", { ...request, addresses: granted });
  return granted;
}

/**
 * Those of the blobs on which there is no lease of either kind, expired or not. Writes nothing: for whoever holds the
 * log's lock throughout and cannot take a lease because the disk is full.
 */
export async function unleasedOf(
  reader: DatabaseReader,
  addresses: readonly ContentAddress[],
): Promise<ContentAddress[]> {
  const using = await leasedAddresses(reader, "use");
  const deleting = await leasedAddresses(reader, "delete");
  return addresses.filter((address) => !using.has(address) && !deleting.has(address));
}

/** Moves the expiry on. Answers how many of the leases were still there. */
export async function renewLeases(
  writer: DatabaseWriter,
  ids: readonly string[],
  now: number,
  durationMs: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  const expiresAt = formatTimestamp(now + durationMs);
  return await writer.run(sql`UPDATE ${leases} SET expires_at = ${expiresAt} WHERE id IN ${ids}`);
}

/** Answers false if the lease had been lost: what it protected may be gone. */
export async function releaseLease(writer: DatabaseWriter, id: string): Promise<boolean> {
  return (await writer.run(sql`DELETE FROM ${leases} WHERE id = ${id}`)) > 0;
}

async function purgeExpiredLeases(writer: DatabaseWriter, now: number): Promise<void> {
  await writer.run(sql`DELETE FROM ${leases} WHERE expires_at <= ${formatTimestamp(now)}`);
}

/** Small: there are as many rows as batches under way, in all processes. */
async function leasedAddresses(reader: DatabaseReader, mode: LeaseMode): Promise<Set<string>> {
  const rows = await reader.all<{ addresses: Uint8Array }>(
    sql`SELECT addresses FROM ${leases} WHERE mode = ${mode}`,
  );
  const found = new Set<string>();
  for (const { addresses } of rows) {
    for (let at = 0; at < addresses.length; at += DIGEST_BYTES) {
      found.add(contentAddress(addresses.subarray(at, at + DIGEST_BYTES)));
    }
  }
  return found;
}

async function insertLease(writer: DatabaseWriter, mode: LeaseMode, request: LeaseRequest): Promise<void> {
  const addresses = new Uint8Array(request.addresses.length * DIGEST_BYTES);
  for (const [index, address] of request.addresses.entries()) {
    addresses.set(contentAddressBytes(address), index * DIGEST_BYTES);
  }
  const columns = ["id", "mode", "holder", "acquired_at", "expires_at", "addresses"];
  const acquiredAt = formatTimestamp(request.now);
  const expiresAt = formatTimestamp(request.now + request.durationMs);
  await writer.insert(leases, columns, [
    [request.id, mode, request.holder, acquiredAt, expiresAt, addresses],
  ]);
}
