/** What one server takes; each is a setting. */
export interface ApiLimits {
  /** The bytes of one file. */
  readonly fileMaxBytes: number;
  /** The bytes of one tar archive. */
  readonly archiveMaxBytes: number;
  /** Requests with a body of files that run at once. */
  readonly concurrentUploads: number;
  /** A body of JSON has arrived by then; a body of files may pause for so long. Milliseconds. */
  readonly bodyTimeoutMs: number;
  /** After its first pause of that length, a body of files arrives at least at this rate. Bytes a second. */
  readonly bodyMinBytesPerSecond: number;
}
