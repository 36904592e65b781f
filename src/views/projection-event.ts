import type { PayloadSource } from "./payload-fields.ts";

/** An event with its payload decoded: what the log has just appended, or what replay has read back. */
export interface ProjectionEvent extends PayloadSource {
  readonly created_at: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly actor: string;
  /** BLAKE3 of the payload's canonical CBOR, 32 bytes. */
  readonly payload_digest: Uint8Array;
}
