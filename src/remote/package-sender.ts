import type { StoredFile } from "../client/documents.ts";
import type { FileInMemory } from "../client/tar-archive.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { ManifestDigester } from "../core/manifest-digester.ts";
import { mediaTypeForPath } from "../core/media-type.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { ReadFile } from "../dataplane/read-unit.ts";
import { readUnits } from "../dataplane/read-units.ts";
import { describeSource } from "../registry/describe-source.ts";
import { MemoryRelief, RELIEF_FILES_WITHOUT_BYTES } from "../registry/memory-relief.ts";
import { manifestParts } from "../registry/package-manifest.ts";
import {
  type RegistrationRequest,
  type RegistrationSource,
  SOURCES_HASHED_TOGETHER_MAX_BYTES,
  totalBytes,
} from "../registry/registration.ts";
import { ContentDiffers } from "../registry/registration-errors.ts";
import { Lanes } from "./lanes.ts";
import type { RemoteRegistry } from "./remote-registry.ts";
import { sourceStream } from "./source-stream.ts";

type Read = ReadFile<RegistrationSource>;

/** Files up to this size are sent many in one archive: a request each would take longer than their bytes. Bytes. */
const ARCHIVED_MAX_BYTES = 65_536;

/** One archive: so many files, or so many of their bytes. */
const ARCHIVE_MAX_FILES = 2_048;
const ARCHIVE_MAX_BYTES = 8_388_608;

/** Files from this size on are sent so that a broken connection costs little; the server reads them once more. Bytes. */
const RESUMABLE_MIN_BYTES = 536_870_912;

/** Requests with bytes of files at once. Count. */
const SENDINGS_AT_ONCE = 4;

/** Files whose contents nobody has are asked about no further than one in so many of each group. */
const SAMPLED_EVERY = 32;

/**
 * Sends the files of one package that is not finalized. They are read in order of path, both digests are computed while
 * the bytes pass, and the server is asked which contents it lacks; only those are sent: small ones in archives, from
 * memory, large ones by themselves. Up to `SOURCES_HASHED_TOGETHER_MAX_BYTES` a file is read once; larger ones are
 * hashed first and read again while they are sent.
 */
export class PackageSender {
  readonly #remote: RemoteRegistry;
  readonly #request: RegistrationRequest;
  readonly #packageId: string;
  readonly #logged: ReadonlyMap<string, StoredFile>;
  readonly #digester: ManifestDigester;
  readonly #lanes = new Lanes(SENDINGS_AT_ONCE);
  readonly #relief: MemoryRelief;
  readonly #totalBytes: number;
  /** Large contents that are being sent, by content address: a second file of the same waits and refers to it. */
  readonly #large = new Map<string, Promise<void>>();
  #archive: FileInMemory[] = [];
  #archiveBytes = 0;
  #mostlyMissing = false;
  #filesDone = 0;
  #bytesDone = 0;

  /** @param logged what the package has already, by path */
  constructor(
    remote: RemoteRegistry,
    request: RegistrationRequest,
    packageId: string,
    logged: ReadonlyMap<string, StoredFile>,
  ) {
    this.#remote = remote;
    this.#request = request;
    this.#packageId = packageId;
    this.#logged = logged;
    this.#totalBytes = totalBytes(request);
    this.#digester = new ManifestDigester(remote.blake3, request.sources.length, false);
    this.#relief = new MemoryRelief(remote.collectGarbage, RELIEF_FILES_WITHOUT_BYTES);
  }

  /**
   * Answers the manifest digest that the package must get. Throws `ContentDiffers` where the package has other content,
   * what reading the sources throws, and what the server tells.
   */
  async send(): Promise<string> {
    const { sources, signal, ahead, description } = this.#request;
    const options = {
      smallMaxBytes: SOURCES_HASHED_TOGETHER_MAX_BYTES,
      wanted: ({ path, sizeBytes }: RegistrationSource) =>
        sizeBytes <= SOURCES_HASHED_TOGETHER_MAX_BYTES && !this.#logged.has(path),
      // Large files are not wanted, so that there are no copies.
      temporaryPath: () => "",
      ...(ahead === undefined ? {} : { ahead }),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      for await (const group of readUnits(this.#remote.threads, sources, options, () => undefined)) {
        const entries = group.files.map(describeSource);
        this.#digester.add(entries);
        await this.#sendGroup(this.#fresh(group.files, entries));
        group.release();
      }
      await this.#sendArchive();
      await this.#lanes.end();
    } finally {
      await this.#lanes.settled();
    }
    return this.#digester.finish(manifestParts(description)).digest;
  }

  /** Those of a group that the package does not have. */
  #fresh(files: readonly Read[], entries: readonly ManifestFile[]): Read[] {
    return files.filter((read, index) => {
      const logged = this.#logged.get(read.source.path);
      const entry = entries[index];
      if (logged === undefined || entry === undefined) return true;
      if (
        logged.content_address !== entry.content_address ||
        logged.size_bytes !== entry.size_bytes ||
        logged.media_type !== entry.media_type
      )
        throw new ContentDiffers(`file ${quoteForTerminal(entry.path)} differs`);
      this.#done([read]);
      return false;
    });
  }

  async #sendGroup(files: readonly Read[]): Promise<void> {
    if (files.length === 0) return;
    const missing = await this.#missing(files);
    const stored: Read[] = [];
    for (const read of files) {
      if (!missing.has(read.address)) stored.push(read);
      else if (read.bytes === undefined) await this.#sendLarge(read);
      else if (isArchived(read)) await this.#addToArchive(read, read.bytes);
      else await this.#sendFromMemory(read, read.bytes.slice());
    }
    if (stored.length > 0) await this.#lanes.begin(() => this.#refer(stored));
  }

  /** Where nothing was there, asking about each further file costs more than it saves: a few of them stand for all. */
  async #missing(files: readonly Read[]): Promise<ReadonlySet<string>> {
    const all = new Set(files.map(({ address }) => address as string));
    if (this.#mostlyMissing && all.size > SAMPLED_EVERY && !files.some((read) => read.bytes === undefined)) {
      const sample = [...all].filter((_, index) => index % SAMPLED_EVERY === 0);
      if ((await this.#ask(sample)).size === sample.length) return all;
    }
    const missing = await this.#ask([...all]);
    this.#mostlyMissing = missing.size === all.size;
    return missing;
  }

  #ask(addresses: readonly string[]): Promise<Set<string>> {
    return this.#remote.client.packageFiles.missing(this.#packageId, addresses, this.#call());
  }

  async #addToArchive({ source }: Read, bytes: Uint8Array): Promise<void> {
    // The memory that it lies in is read into again once the group is released.
    this.#archive.push({ path: source.path, bytes: bytes.slice() });
    this.#archiveBytes += bytes.length;
    if (this.#archive.length >= ARCHIVE_MAX_FILES || this.#archiveBytes >= ARCHIVE_MAX_BYTES)
      await this.#sendArchive();
  }

  async #sendArchive(): Promise<void> {
    const files = this.#archive;
    const bytes = this.#archiveBytes;
    this.#archive = [];
    this.#archiveBytes = 0;
    if (files.length === 0) return;
    await this.#lanes.begin(async () => {
      await this.#remote.client.packageFiles.addArchive(this.#packageId, files, this.#call());
      this.#report(files.length, bytes);
    });
  }

  #sendFromMemory(read: Read, bytes: Uint8Array): Promise<void> {
    return this.#lanes.begin(() => this.#put(read, () => bytes));
  }

  async #sendLarge(read: Read): Promise<void> {
    const before = this.#large.get(read.address);
    if (before !== undefined) {
      return await this.#lanes.begin(async () => {
        await before;
        await this.#refer([read]);
      });
    }
    await this.#lanes.begin(() => {
      const sent =
        read.source.sizeBytes >= RESUMABLE_MIN_BYTES
          ? this.#upload(read)
          : this.#put(read, () => sourceStream(read.source));
      this.#large.set(read.address, sent);
      return sent;
    });
  }

  async #put(read: Read, open: () => Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
    const { source, address, sha256 } = read;
    await this.#remote.client.packageFiles.put(this.#packageId, source.path, open, {
      mediaType: mediaTypeOf(source),
      contentAddress: address,
      sha256,
      ...this.#call(),
    });
    this.#done([read]);
  }

  async #upload(read: Read): Promise<void> {
    const { source, address, sha256 } = read;
    await this.#remote.client.packageFiles.upload(
      this.#packageId,
      {
        path: source.path,
        sizeBytes: source.sizeBytes,
        mediaType: mediaTypeOf(source),
        contentAddress: address,
        sha256,
      },
      (fromBytes) => sourceStream(source, fromBytes),
      this.#call(),
    );
    this.#done([read]);
  }

  async #refer(files: readonly Read[]): Promise<void> {
    const references = files.map(({ source, address }) => ({
      relative_path: source.path,
      content_address: address,
      size_bytes: source.sizeBytes,
      media_type: mediaTypeOf(source),
    }));
    try {
      await this.#remote.client.packageFiles.addReferences(this.#packageId, references, this.#call());
    } catch (error) {
      // What was there may be gone by now, or was never this token's to refer to: the bytes are at hand.
      if (!(error instanceof ArtifactstoreError) || !RESENT.has(error.code)) throw error;
      for (const read of files) await this.#put(read, () => sourceStream(read.source));
      return;
    }
    this.#done(files);
  }

  #call(): { readonly signal?: AbortSignal } {
    const { signal } = this.#request;
    return signal === undefined ? {} : { signal };
  }

  #done(files: readonly Read[]): void {
    this.#report(
      files.length,
      files.reduce((sum, { source }) => sum + source.sizeBytes, 0),
    );
  }

  #report(files: number, bytes: number): void {
    this.#filesDone += files;
    this.#bytesDone += bytes;
    this.#relief.add(files);
    this.#request.onProgress?.({
      files: this.#filesDone,
      bytes: this.#bytesDone,
      totalFiles: this.#request.sources.length,
      totalBytes: this.#totalBytes,
    });
  }
}

const RESENT: ReadonlySet<string> = new Set(["blob_not_found", "forbidden"]);

/** An archive says nothing of media types: the extension decides there. */
function isArchived({ source }: Read): boolean {
  return source.sizeBytes <= ARCHIVED_MAX_BYTES && mediaTypeOf(source) === mediaTypeForPath(source.path);
}

function mediaTypeOf({ mediaType, path }: RegistrationSource): string {
  return mediaType ?? mediaTypeForPath(path);
}
