import { encodeCanonicalCbor } from "./canonical-cbor.ts";
import { digestSha256, type HashFunction } from "./digest.ts";
import { merkleLeafHash } from "./merkle.ts";

/** The version that begins every record; another order or another set of columns would be another version. */
export const LOG_RECORD_VERSION = 1;

/** What the tree binds of one event; the payload through its digest. */
export interface LogRecordFields {
  readonly sequence: number;
  readonly created_at: string;
  readonly event_type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly actor: string;
  /** BLAKE3 of the payload, 32 bytes. */
  readonly payload_digest: Uint8Array;
}

/**
 * One leaf's input of the tree over the event log: canonical CBOR of
 * `[1, sequence, created_at, event_type, subject_kind, subject_id, actor, payload_digest]`.
 */
export function encodeLogRecord(event: LogRecordFields): Uint8Array {
  return encodeCanonicalCbor([
    LOG_RECORD_VERSION,
    event.sequence,
    event.created_at,
    event.event_type,
    event.subject_kind,
    event.subject_id,
    event.actor,
    event.payload_digest,
  ]);
}

/** RFC 6962 leaf hash of the event's record, 32 bytes. */
export function logRecordLeafHash(event: LogRecordFields, sha256: HashFunction = digestSha256): Uint8Array {
  return merkleLeafHash(encodeLogRecord(event), sha256);
}
