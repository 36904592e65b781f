import { decodeCanonicalCbor } from "./canonical-cbor.ts";
import type { CborValue } from "./cbor-value.ts";
import { ArtifactstoreError } from "./errors.ts";
import {
  EVENT_ELEMENT_MAX_BYTES,
  type ExportedEvent,
  type ExportedRegistry,
  FRAME_ELEMENT_MAX_BYTES,
  LOG_EXPORT_END,
  LOG_EXPORT_EVENT_LENGTH,
  LOG_EXPORT_HASH_BYTES,
  LOG_EXPORT_HEADER_LENGTH,
  LOG_EXPORT_TAG,
  LOG_EXPORT_TRAILER_LENGTH,
  LOG_EXPORT_VERSION,
  type LogExportTrailer,
} from "./log-export.ts";
import { isTimestamp } from "./timestamp.ts";
import { isUuid } from "./uuid.ts";

/** Where one item of a log export lies in a buffer. */
export interface ItemExtent {
  /** Number of elements. */
  readonly length: number;
  readonly start: number;
  readonly end: number;
  /** Where the head of the last element begins, and its content. */
  readonly lastHead: number;
  readonly lastContent: number;
}

const MAJOR_NUMBER = 0;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const NULL = 0xf6;
const ARRAY = 0x80;

/**
 * Finds where the item that begins at `start` ends, from the heads of its elements alone and so before anything is
 * decoded or gathered. Every length is compared with its limit first: what a file claims, nobody allocates.
 *
 * @returns the item, or how many bytes from `start` must be there to say more
 * Throws `invalid_cbor` for what is no item of a log export.
 */
export function measureItem(bytes: Uint8Array, start: number): ItemExtent | number {
  const initial = bytes[start];
  if (initial === undefined) return 1;
  const length = initial - ARRAY;
  if (length < 1 || length > LOG_EXPORT_EVENT_LENGTH) refuse("it is not one of its arrays");
  let at = start + 1;
  let lastHead = at;
  let lastContent = at;
  for (let element = 0; element < length; element++) {
    lastHead = at;
    const width = headWidth(bytes[at]);
    if (bytes.length < at + width) return at + width - start;
    const contentBytes = contentLength(bytes, at, mostBytes(length, element));
    lastContent = at + width;
    at = lastContent + contentBytes;
  }
  if (bytes.length < at) return at - start;
  return { length, start, end: at, lastHead, lastContent };
}

function mostBytes(length: number, element: number): number {
  if (length !== LOG_EXPORT_EVENT_LENGTH) return FRAME_ELEMENT_MAX_BYTES;
  return EVENT_ELEMENT_MAX_BYTES[element] ?? 0;
}

/** Bytes of a head with its argument (RFC 8949 section 3). */
function headWidth(initial: number | undefined): number {
  const additional = (initial ?? 0) & 0x1f;
  if (additional < 24 || initial === NULL) return 1;
  if (additional > 27) refuse("a head is reserved or of indefinite length");
  return 1 + 2 ** (additional - 24);
}

/** Bytes that follow a head, which must be the shortest (RFC 8949 section 4.2.1) and within the limit. */
function contentLength(bytes: Uint8Array, at: number, most: number): number {
  const initial = bytes[at] ?? 0;
  if (initial === NULL) return 0;
  const argument = argumentOf(bytes, at);
  const major = initial >> 5;
  if (major === MAJOR_NUMBER) return 0;
  if (major !== MAJOR_BYTES && major !== MAJOR_TEXT) refuse("an element is no number, text or byte string");
  if (argument > most) refuse(`an element says that it has ${argument} bytes, more than ${most}`);
  return argument;
}

function argumentOf(bytes: Uint8Array, at: number): number {
  const additional = (bytes[at] ?? 0) & 0x1f;
  if (additional < 24) return additional;
  const width = 2 ** (additional - 24);
  let argument = 0;
  for (let i = 1; i <= width; i++) argument = argument * 256 + (bytes[at + i] ?? 0);
  const least = width === 1 ? 24 : 2 ** (width * 4);
  if (argument < least) refuse("a head is longer than its argument needs");
  return argument;
}

/**
 * The registry that a header names. Throws `invalid_input` for what is no header, or one of another version.
 *
 * @param item of the file's first item
 */
export function parseHeader(bytes: Uint8Array, item: ItemExtent): ExportedRegistry | undefined {
  const members = decodeSmall(bytes, item);
  const [tag, version, registryId, createdAt] = members;
  if (tag !== LOG_EXPORT_TAG) throw noLogExport("it does not begin as one");
  if (version !== LOG_EXPORT_VERSION) {
    throw noLogExport(
      `it is of version ${String(version)}, this program reads version ${LOG_EXPORT_VERSION}`,
    );
  }
  if (members.length !== LOG_EXPORT_HEADER_LENGTH) throw noLogExport("its header is not as it should be");
  if (registryId === null && createdAt === null) return undefined;
  if (typeof registryId !== "string" || !isUuid(registryId)) throw noLogExport("its registry id is no UUID");
  if (typeof createdAt !== "string" || !isTimestamp(createdAt)) throw noLogExport("its registry has no time");
  return { registry_id: registryId, created_at: createdAt };
}

/** Throws `invalid_cbor`. The payload is a view of `bytes`, and not looked into. */
export function parseEvent(bytes: Uint8Array, item: ItemExtent): ExportedEvent {
  // All but the payload, as an array of its own: most of a large payload would be copied for nothing.
  const small = new Uint8Array(bytes.subarray(item.start, item.lastHead));
  small[0] = ARRAY | (LOG_EXPORT_EVENT_LENGTH - 1);
  const members = decodeCanonicalCbor(small) as readonly CborValue[];
  const [sequence, created_at, event_type, subject_kind, subject_id, actor, leaf_hash] = members;
  if (
    typeof sequence !== "number" ||
    typeof created_at !== "string" ||
    typeof event_type !== "string" ||
    typeof subject_kind !== "string" ||
    typeof subject_id !== "string" ||
    typeof actor !== "string" ||
    !isHash(leaf_hash) ||
    (bytes[item.lastHead] ?? 0) >> 5 !== MAJOR_BYTES
  ) {
    return refuse("a member of the event is of the wrong type");
  }
  const payload = bytes.subarray(item.lastContent, item.end);
  return { sequence, created_at, event_type, subject_kind, subject_id, actor, leaf_hash, payload };
}

/** Throws `invalid_cbor`. */
export function parseTrailer(bytes: Uint8Array, item: ItemExtent): LogExportTrailer {
  const [end, events, root_hash, digest, ...more] = decodeSmall(bytes, item);
  if (end !== LOG_EXPORT_END || typeof events !== "number" || !isHash(root_hash) || !isHash(digest)) {
    return refuse("it is neither an event nor the trailer");
  }
  if (more.length > 0 || item.length !== LOG_EXPORT_TRAILER_LENGTH) return refuse("the trailer has more");
  return { events, root_hash, digest };
}

function decodeSmall(bytes: Uint8Array, { start, end }: ItemExtent): readonly CborValue[] {
  return decodeCanonicalCbor(bytes.subarray(start, end)) as readonly CborValue[];
}

function isHash(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === LOG_EXPORT_HASH_BYTES;
}

function refuse(reason: string): never {
  throw new ArtifactstoreError("invalid_cbor", `Cannot read an item of the log export: ${reason}`);
}

/** What is of another kind or version is not damaged. */
export function noLogExport(reason: string, cause?: unknown): ArtifactstoreError {
  const message = `Cannot import the log: the file is no log export: ${reason}`;
  return new ArtifactstoreError("invalid_input", message, { cause });
}
