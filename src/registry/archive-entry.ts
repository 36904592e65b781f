/** One file of an archive that comes in. Its body is read before the next entry is asked for. */
export interface ArchiveEntry {
  readonly path: string;
  /** Bytes. */
  readonly sizeBytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}
