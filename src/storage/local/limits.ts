/** The limits and sizes of the local store, each measured or reasoned; units in the names. */

/** Blobs up to this size go into the container unless configured otherwise. */
export const PACK_MAX_BYTES_DEFAULT = 64 * 1024;

/** The most that may be configured: a blob of the container is held in memory whole. */
export const PACK_MAX_BYTES_LIMIT = 1024 * 1024;

/**
 * SQLite's page. Measured for 10,000 blobs of 4 KiB: 4096 takes 47 MB and 0.3 s, 8192 takes 83 MB and 0.4 to 0.7 s,
 * since a row then fills just over half a page.
 */
export const CONTAINER_PAGE_BYTES = 4096;

/** Page cache of a container connection: its two indexes stay in it, and memory stays flat. */
export const CONTAINER_CACHE_KIB = 8 * 1024;

/** The write-ahead log is folded back when it has this many pages (16 MiB); fewer means more fsyncs. */
export const CONTAINER_CHECKPOINT_PAGES = 4096;

/** What a write-ahead log is cut back to once it has been folded back. */
export const CONTAINER_WAL_KEPT_BYTES = 32 * 1024 * 1024;

/** How long reading waits for another process that has the container locked (it does so only to open or close it). */
export const CONTAINER_READ_WAIT_MS = 60_000;

/** How long a transaction waits for those of other processes. */
export const CONTAINER_WRITE_WAIT_MS = 60_000;

/** Longest pause between two tries to begin a transaction; the pauses are random, so that waiting writers mix. */
export const CONTAINER_WRITE_PAUSE_MS = 8;

/** One transaction takes no more blobs than this, so that other processes get their turn. */
export const COMMIT_BLOBS_MAX = 2048;

/** One transaction takes no more bytes than this, unless a single blob is larger. */
export const COMMIT_BYTES_MAX = 16 * 1024 * 1024;

/** Pages that may lie free in the container before a deleting transaction gives them back. */
export const FREE_PAGES_KEPT = 64;

/** Rows that a list of the container holds in memory. */
export const LIST_PAGE_ROWS = 1024;

/** Lookups of `statMany` in one transaction, after which other work gets its turn. */
export const STAT_MANY_BATCH = 2048;

/** Plain blobs that are written at once: each holds a file descriptor. */
export const PLAIN_WRITES_MAX = 64;

/** Directories that are synced at once. */
export const DIRECTORY_SYNCS_MAX = 16;

/** Small chunks of a stream are gathered to this size before they are written. */
export const WRITE_BUFFER_BYTES = 1024 * 1024;

/** Blobs that `unpack` makes durable as files before their rows go. */
export const UNPACK_BATCH_BLOBS = 512;

/** Lines that SQLite's own check of the container answers with at most. */
export const INTEGRITY_PROBLEMS_MAX = 100;

/** Rows that a repair commits to the new container at once. */
export const REPAIR_BATCH_ROWS = 1024;

/** Answers from the container after which the event loop gets a turn. */
export const ANSWERS_PER_TURN = 128;

/** A batch of so many blobs takes longer to commit than to hand to another thread. */
export const THREAD_BLOBS_MIN = 256;
