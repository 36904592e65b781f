import type { CborMap } from "../core/cbor-value.ts";

/** What an event is about. Every package-related event has the package's id as its subject. */
export type SubjectKind = "package" | "metadata_schema" | "store";

/** An event before the log has given it its place, time and digest. */
export interface EventDraft {
  readonly event_type: string;
  readonly subject_kind: SubjectKind;
  readonly subject_id: string;
  readonly payload: CborMap;
  /**
   * Canonical CBOR of the payload, where the caller has it already (a manifest). It is what is recorded; `payload` then
   * only has the members that a projection reads.
   */
  readonly payload_bytes?: Uint8Array;
}

/** One immutable row of the log. Column names are fixed (contract of the `events` table, `docs/events.md`). */
export interface LogEvent {
  /** From 1, without a gap, in the order of commit. */
  readonly sequence: number;
  /** `YYYY-MM-DDTHH:MM:SS.sssZ`; never before the event that precedes it. */
  readonly created_at: string;
  readonly event_type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  /** Who did it: `local:<user>` or the actor of a token. */
  readonly actor: string;
  /** Canonical CBOR of the payload. */
  readonly payload: Uint8Array;
  /** BLAKE3 of `payload`, 32 bytes. */
  readonly payload_digest: Uint8Array;
}

/** An event that was just appended, with its payload as a value too: what the views are written from. */
export interface AppendedEvent extends LogEvent {
  readonly value: CborMap;
}
