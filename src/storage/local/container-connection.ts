import { type ContentAddress, contentAddress, contentAddressBytes } from "../../core/content-address.ts";
import type { SqliteConnection, SqliteRow, SqliteStatement } from "../../core/sqlite-port.ts";
import type { BlobEntry, BlobStat } from "../blob-store.ts";
import {
  CONTAINER_CACHE_KIB,
  CONTAINER_CHECKPOINT_PAGES,
  CONTAINER_READ_WAIT_MS,
  CONTAINER_WAL_KEPT_BYTES,
  INTEGRITY_PROBLEMS_MAX,
} from "./limits.ts";

/** One open connection to `small.db`: the statements of the store, prepared once. Synchronous; throws SQLite's errors. */
export class ContainerConnection {
  readonly #connection: SqliteConnection;
  readonly #stat: SqliteStatement;
  readonly #read: SqliteStatement;
  readonly #page: SqliteStatement;
  readonly #holds: SqliteStatement;
  #insert: SqliteStatement | undefined;
  #replace: SqliteStatement | undefined;
  #remove: SqliteStatement | undefined;
  #freePages: SqliteStatement | undefined;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    // The index that covers the question is named, for the planner would take the unique one and then visit a row
    // among the bytes: a lookup then costs a page of the big table where this one stays within a small index.
    this.#stat = connection.prepare(
      "SELECT size, stored_at FROM blobs INDEXED BY blobs_facts WHERE content_address = ?",
    );
    this.#page = connection.prepare(
      "SELECT content_address, size, stored_at FROM blobs INDEXED BY blobs_facts WHERE content_address >= ? AND content_address <= ? ORDER BY content_address LIMIT ?",
    );
    this.#read = connection.prepare("SELECT size, bytes FROM blobs WHERE content_address = ?");
    this.#holds = connection.prepare("SELECT 1 FROM blobs LIMIT 1");
  }

  stat(address: ContentAddress): BlobStat | undefined {
    const row = this.#stat.get([contentAddressBytes(address)]);
    return row === undefined ? undefined : statOf(row);
  }

  /** The row as it is: the size that was noted, and bytes that may differ from it if the container is damaged. */
  read(address: ContentAddress): { readonly size: number; readonly bytes: Uint8Array } | undefined {
    const row = this.#read.get([contentAddressBytes(address)]);
    if (row === undefined) return undefined;
    const { size, bytes } = row;
    return { size: Number(size), bytes: bytes instanceof Uint8Array ? bytes : new Uint8Array(0) };
  }

  /** Rows from one key to another, both included, in order. */
  page(from: Uint8Array, to: Uint8Array, limit: number): BlobEntry[] {
    return this.#page.all([from, to, limit]).map(entryOf);
  }

  holdsAny(): boolean {
    return this.#holds.get([]) !== undefined;
  }

  /**
   * Stores a blob, unless it is there with this size and as many bytes. Only within `begin` and `commit`.
   *
   * Two statements: an upsert that may update has SQLite copy the pages it is about to change into a journal of the
   * statement's own, in a temporary file, which is as many writes as the blob itself needs.
   */
  insert(address: ContentAddress, bytes: Uint8Array, storedAt: number): void {
    this.insertAt(contentAddressBytes(address), bytes, storedAt);
  }

  /** @param key the address's 32 bytes */
  insertAt(key: Uint8Array, bytes: Uint8Array, storedAt: number): void {
    this.#insert ??= this.#connection.prepare(
      "INSERT INTO blobs (content_address, size, stored_at, bytes) VALUES (?, ?, ?, ?) ON CONFLICT (content_address) DO NOTHING",
    );
    if (this.#insert.run([key, bytes.length, storedAt, bytes]) > 0) return;
    this.#replace ??= this.#connection.prepare(
      "UPDATE blobs SET size = ?, stored_at = ?, bytes = ? WHERE content_address = ? AND (size <> ? OR length(bytes) <> ?)",
    );
    this.#replace.run([bytes.length, storedAt, bytes, key, bytes.length, bytes.length]);
  }

  /** Answers whether there was one. Only within `begin` and `commit`. */
  remove(address: ContentAddress): boolean {
    this.#remove ??= this.#connection.prepare("DELETE FROM blobs WHERE content_address = ?");
    return this.#remove.run([contentAddressBytes(address)]) > 0;
  }

  /** Moves the last pages into free ones and cuts the file, if more than `kept` pages lie free. */
  giveBack(kept: number): void {
    this.#freePages ??= this.#connection.prepare("PRAGMA freelist_count");
    const free = Number(this.#freePages.get([])?.["freelist_count"] ?? 0);
    if (free <= kept) return;
    // The pragma frees one page each time it is stepped. `all` steps to the end; the `exec` of Deno steps once.
    const vacuum = this.#connection.prepare(`PRAGMA incremental_vacuum(${free})`);
    try {
      vacuum.all([]);
    } finally {
      vacuum.finalize();
    }
  }

  /** What SQLite's own check finds; empty if all is well. */
  integrityProblems(): string[] {
    const statement = this.#connection.prepare(`PRAGMA integrity_check(${INTEGRITY_PROBLEMS_MAX})`);
    try {
      const texts = statement.all([]).map((row) => String(row["integrity_check"]));
      return texts.length === 1 && texts[0] === "ok" ? [] : texts;
    } finally {
      statement.finalize();
    }
  }

  /** One snapshot for several lookups. */
  beginRead(): void {
    this.#connection.exec("BEGIN");
  }

  /** Throws "busy" at once if another process writes. */
  beginWrite(): void {
    this.#connection.exec("PRAGMA busy_timeout = 0");
    try {
      this.#connection.exec("BEGIN IMMEDIATE");
    } finally {
      this.#connection.exec(`PRAGMA busy_timeout = ${CONTAINER_READ_WAIT_MS}`);
    }
  }

  commit(): void {
    this.#connection.exec("COMMIT");
  }

  /** Ends a transaction that failed; some failures have already ended it. */
  rollback(): void {
    try {
      this.#connection.exec("ROLLBACK");
    } catch {
      // "no transaction is active" is what was wanted.
    }
  }

  close(): void {
    this.#connection.close();
  }
}

/** What every connection sets; all of it is the connection's own and nothing of it stays in the file. */
export function configureContainer(connection: SqliteConnection): void {
  connection.exec(
    `PRAGMA busy_timeout = ${CONTAINER_READ_WAIT_MS};
     PRAGMA synchronous = FULL;
     PRAGMA temp_store = MEMORY;
     PRAGMA cache_size = -${CONTAINER_CACHE_KIB};
     PRAGMA wal_autocheckpoint = ${CONTAINER_CHECKPOINT_PAGES};
     PRAGMA journal_size_limit = ${CONTAINER_WAL_KEPT_BYTES};`,
  );
}

function statOf(row: SqliteRow): BlobStat {
  return { size: Number(row["size"]), modifiedAt: Number(row["stored_at"]), form: "container" };
}

function entryOf(row: SqliteRow): BlobEntry {
  const key = row["content_address"];
  if (!(key instanceof Uint8Array)) throw new Error("a key of the container is no blob");
  return { address: contentAddress(key), ...statOf(row) };
}
