import type { Blake3Engine, StreamingHasher } from "../core/digest.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import {
  type ExportedEvent,
  type ExportedRegistry,
  LOG_EXPORT_EVENT_LENGTH,
  type LogExportTrailer,
} from "../core/log-export.ts";
import {
  type ItemExtent,
  measureItem,
  noLogExport,
  parseEvent,
  parseHeader,
  parseTrailer,
} from "../core/log-export-item.ts";
import { damagedExport } from "./damaged-export.ts";
import { CompressionDamage } from "./log-export-compression.ts";
import { EVENT_PAGE_MAX_BYTES, EVENT_PAGE_SIZE } from "./read-events.ts";

/** The trailer, and what the bytes before it really have as their digest. */
export interface ReadTrailer extends LogExportTrailer {
  readonly found_digest: Uint8Array;
}

/**
 * Reads a log export piece by piece: a chunk, or one event if that is larger, in memory at a time. Looks at the form of
 * items alone; what events say is checked by `LogIntake`.
 */
export class LogExportReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #hasher: StreamingHasher;
  #buffer: Uint8Array = new Uint8Array(0);
  /** Where the next item begins. */
  #at = 0;
  /** Bytes of the buffer that the digest has. */
  #hashed = 0;
  /** Of the next item: 0 is the header, n is event n. */
  #index = 0;
  #trailer: ReadTrailer | undefined;
  /** What the next call throws. */
  #failure: { readonly error: unknown } | undefined;

  /** @param chunks uncompressed */
  constructor(chunks: AsyncIterable<Uint8Array>, blake3: Blake3Engine) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#hasher = blake3.create();
  }

  /** Lets go of the source, however far it was read. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Call it first. Throws `invalid_input` if the file is no log export. */
  async readHeader(): Promise<ExportedRegistry | undefined> {
    const item = await this.#nextItem();
    const registry = this.#parse(() => parseHeader(this.#buffer, item));
    this.#take(item);
    return registry;
  }

  /**
   * Some events, in the order of the file; empty once the trailer was read. What comes before a place that cannot be
   * read is answered first: it may turn out that the file breaks there. Throws `log_export_damaged`.
   */
  async readPage(): Promise<ExportedEvent[]> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const events: ExportedEvent[] = [];
    try {
      await this.#readInto(events);
    } catch (error) {
      if (events.length === 0) throw error;
      this.#failure = { error };
    }
    return events;
  }

  async #readInto(events: ExportedEvent[]): Promise<void> {
    let bytes = 0;
    while (this.#trailer === undefined && events.length < EVENT_PAGE_SIZE && bytes < EVENT_PAGE_MAX_BYTES) {
      const item = this.#itemHere() ?? (await this.#nextItem());
      if (item.length === LOG_EXPORT_EVENT_LENGTH) {
        events.push(this.#parse(() => parseEvent(this.#buffer, item)));
        this.#take(item);
        bytes += item.end - item.start;
      } else {
        const trailer = this.#parse(() => parseTrailer(this.#buffer, item));
        this.#hash();
        this.#trailer = { ...trailer, found_digest: this.#hasher.digest() };
        this.#take(item);
        await this.#expectEnd();
      }
    }
  }

  /** Once `readPage` has answered an empty page. */
  get trailer(): ReadTrailer {
    if (this.#trailer === undefined)
      throw new ArtifactstoreError("internal", "Cannot read the trailer: events are left");
    return this.#trailer;
  }

  /** The next item if all of it is in the buffer. */
  #itemHere(): ItemExtent | undefined {
    const found = this.#measure();
    return typeof found === "number" ? undefined : found;
  }

  async #nextItem(): Promise<ItemExtent> {
    for (;;) {
      const found = this.#measure();
      if (typeof found !== "number") return found;
      if (!(await this.#fill(found))) throw damagedExport(this.#index, "the file ends before its trailer");
    }
  }

  #measure(): ItemExtent | number {
    return this.#parse(() => measureItem(this.#buffer, this.#at));
  }

  #parse<T>(parse: () => T): T {
    try {
      return parse();
    } catch (cause) {
      if (!isArtifactstoreError(cause, "invalid_cbor")) throw cause;
      if (this.#index === 0) throw noLogExport("it does not begin as one", cause);
      throw damagedExport(this.#index, `its bytes are no canonical item (${cause.message})`, cause);
    }
  }

  #take(item: ItemExtent): void {
    this.#at = item.end;
    this.#index += 1;
  }

  /** All that was taken since the last time. */
  #hash(): void {
    this.#hasher.update(this.#buffer.subarray(this.#hashed, this.#at));
    this.#hashed = this.#at;
  }

  /**
   * Reads on until `neededBytes` from the next item's beginning are there; false if the file ends before. Chunks are
   * gathered as they come, so that a length that is only claimed allocates nothing.
   */
  async #fill(neededBytes: number): Promise<boolean> {
    if (this.#trailer === undefined) this.#hash();
    const gathered = [this.#buffer.subarray(this.#at)];
    let total = this.#buffer.length - this.#at;
    let ended = false;
    while (total < neededBytes && !ended) {
      const next = await this.#nextChunk();
      if (next === undefined) ended = true;
      else {
        gathered.push(next);
        total += next.length;
      }
    }
    this.#buffer = gathered.length === 1 ? (gathered[0] as Uint8Array) : Buffer.concat(gathered, total);
    this.#at = 0;
    this.#hashed = 0;
    return !ended;
  }

  async #expectEnd(): Promise<void> {
    if (this.#at < this.#buffer.length || (await this.#fill(1))) {
      throw damagedExport(this.#index, "bytes follow the trailer");
    }
  }

  async #nextChunk(): Promise<Uint8Array | undefined> {
    try {
      const next = await this.#chunks.next();
      return next.done === true ? undefined : next.value;
    } catch (cause) {
      if (!(cause instanceof CompressionDamage)) throw cause;
      throw damagedExport(this.#index, `it cannot be decompressed any further (${cause.message})`, cause);
    }
  }
}
