import { encodeCanonicalCbor } from "./canonical-cbor.ts";
import { ArtifactstoreError } from "./errors.ts";
import {
  ACTOR_MAX_BYTES,
  EVENT_PAYLOAD_MAX_BYTES,
  EVENT_TYPE_MAX_BYTES,
  SUBJECT_ID_MAX_BYTES,
  SUBJECT_KIND_MAX_BYTES,
} from "./limits.ts";
import { utf8Length } from "./utf8-length.ts";

/*
 * The whole log of a registry as one file: a CBOR sequence (RFC 8742) of canonical items, `docs/log-export.md`. An item
 * is an array of numbers, texts, byte strings and null, told from the others by its length:
 *
 *   header    [tag, version, registry id / null, its time / null]
 *   event     [sequence, created_at, event_type, subject_kind, subject_id, actor, leaf hash, payload]
 *   trailer   ["end", events, root hash, BLAKE3 of all bytes before the trailer]
 *
 * The header is item 0, so that event n is item n.
 */

/** What every log export begins with. */
export const LOG_EXPORT_TAG = "artifactstore log export";
export const LOG_EXPORT_VERSION = 1;
export const LOG_EXPORT_END = "end";
export const LOG_EXPORT_HEADER_LENGTH = 4;
export const LOG_EXPORT_EVENT_LENGTH = 8;
export const LOG_EXPORT_TRAILER_LENGTH = 4;

/** What a file may be compressed with; readers see it by the first bytes. */
export const LOG_EXPORT_COMPRESSIONS = ["gzip", "zstd"] as const;
export type LogExportCompression = (typeof LOG_EXPORT_COMPRESSIONS)[number];

/** Root hash, leaf hash and digest: SHA-256, SHA-256 and BLAKE3. Bytes. */
export const LOG_EXPORT_HASH_BYTES = 32;

/** The registry's id, and when it was made. */
export interface ExportedRegistry {
  readonly registry_id: string;
  readonly created_at: string;
}

/** One event as the file has it. The payload's digest is not there: the leaf hash binds it. */
export interface ExportedEvent {
  readonly sequence: number;
  readonly created_at: string;
  readonly event_type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly actor: string;
  /** RFC 6962 leaf hash of the event's record, 32 bytes: a change of any member is found at its event. */
  readonly leaf_hash: Uint8Array;
  /** Canonical CBOR. */
  readonly payload: Uint8Array;
}

export interface LogExportTrailer {
  /** The last sequence, too. */
  readonly events: number;
  /** RFC 6962 root over all events' records, 32 bytes. */
  readonly root_hash: Uint8Array;
  /** BLAKE3 of all bytes before the trailer, uncompressed, 32 bytes. */
  readonly digest: Uint8Array;
}

/** Bytes that the element of an event may have, by its place; the sequence is a number. */
export const EVENT_ELEMENT_MAX_BYTES: readonly number[] = [
  ...[0, 24, EVENT_TYPE_MAX_BYTES, SUBJECT_KIND_MAX_BYTES, SUBJECT_ID_MAX_BYTES, ACTOR_MAX_BYTES],
  ...[LOG_EXPORT_HASH_BYTES, EVENT_PAYLOAD_MAX_BYTES],
];

/** Likewise for header and trailer. */
export const FRAME_ELEMENT_MAX_BYTES = 64;

export function encodeLogExportHeader(registry: ExportedRegistry | undefined): Uint8Array {
  const { registry_id = null, created_at = null } = registry ?? {};
  return encodeCanonicalCbor([LOG_EXPORT_TAG, LOG_EXPORT_VERSION, registry_id, created_at]);
}

/**
 * The item of an event but for its payload, whose bytes follow as they are: a manifest need not be copied.
 * Throws `limit_exceeded` for what no reader would take.
 */
export function encodeLogExportEventHead(event: ExportedEvent): Uint8Array {
  const { sequence, created_at, event_type, subject_kind, subject_id, actor, leaf_hash, payload } = event;
  const texts = [created_at, event_type, subject_kind, subject_id, actor];
  for (const [index, text] of texts.entries()) checkLength(event, index + 1, utf8Length(text));
  checkLength(event, LOG_EXPORT_EVENT_LENGTH - 1, payload.length);
  const members = encodeCanonicalCbor([sequence, ...texts, leaf_hash]);
  // The heads of a byte string and of a number differ by the major type alone (RFC 8949 section 3).
  const payloadHead = encodeCanonicalCbor(payload.length);
  const head = new Uint8Array(members.length + payloadHead.length);
  head.set(members);
  head.set(payloadHead, members.length);
  head[0] = 0x80 | LOG_EXPORT_EVENT_LENGTH;
  head[members.length] = (payloadHead[0] ?? 0) | 0x40;
  return head;
}

export function encodeLogExportTrailer({ events, root_hash, digest }: LogExportTrailer): Uint8Array {
  return encodeCanonicalCbor([LOG_EXPORT_END, events, root_hash, digest]);
}

function checkLength({ sequence }: ExportedEvent, element: number, lengthBytes: number): void {
  const most = EVENT_ELEMENT_MAX_BYTES[element] ?? 0;
  if (lengthBytes <= most) return;
  throw new ArtifactstoreError(
    "limit_exceeded",
    `Cannot export event ${sequence}: member ${element} has ${lengthBytes} bytes, more than ${most}`,
  );
}
