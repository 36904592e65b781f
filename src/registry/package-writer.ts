import { setImmediate as nextTurn } from "node:timers/promises";
import type { ContentAddress } from "../core/content-address.ts";
import type { EncodedManifest, ManifestFile } from "../core/manifest.ts";
import { ManifestDigester } from "../core/manifest-digester.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { ReadFile } from "../dataplane/read-unit.ts";
import { type ReadGroup, readUnits } from "../dataplane/read-units.ts";
import { removeQuietly, storeBlobs } from "../dataplane/store-blobs.ts";
import type { FileRow } from "../db/view-tables.ts";
import type { EventDraft } from "../log/event.ts";
import { ensureRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { objectKey } from "../storage/layout.ts";
import { livePackageByExternalId, packageById } from "../views/query-packages.ts";
import { type Adoption, chooseAdoption } from "./choose-adoption.ts";
import { describeSource } from "./describe-source.ts";
import { ensureStored } from "./ensure-stored.ts";
import { LeaseKeeper, whileBusy } from "./lease-keeper.ts";
import { locationId } from "./location-id.ts";
import { isLoggedAs, notYetLogged } from "./logged-files.ts";
import { MemoryRelief, RELIEF_FILES_WITHOUT_BYTES } from "./memory-relief.ts";
import { claimStores } from "./own-stores.ts";
import { beginningEvents, fileIngestedEvent, packageEvent } from "./package-events.ts";
import { manifestParts } from "./package-manifest.ts";
import { record } from "./record.ts";
import type { RegistrationRequest, RegistrationSource } from "./registration.ts";
import { ContentDiffers, LeaseLost, RaceLost } from "./registration-errors.ts";
import type { RegistryContext, RetentionRule } from "./registry-context.ts";

type Read = ReadFile<RegistrationSource>;

interface FreshFile {
  readonly read: Read;
  readonly entry: ManifestFile;
}

/** Files that have a lease and whose blobs are being stored. */
interface OpenGroup {
  readonly group: readonly Read[];
  readonly release: () => void;
  /** Those of them that are not logged yet. */
  readonly fresh: readonly FreshFile[];
  readonly lease: string;
  readonly stored: Promise<void>;
  readonly manifest: EncodedManifest | undefined;
}

/** A package that an earlier attempt, or another process, began. */
export interface UnfinishedPackage {
  readonly packageId: string;
  readonly lastEventSequence: number;
  /** What it has logged already, by path. */
  readonly logged: ReadonlyMap<string, FileRow>;
}

export interface WrittenPackage {
  readonly packageId: string;
  readonly manifest: EncodedManifest;
}

/**
 * Writes one package: reads the sources once, stores their blobs in every target, records them in path order, seals
 * the manifest. Per group of files the order is: lease, blobs durable in all targets, then one transaction with the
 * events of the group, which also ends the lease; the last group's transaction finalizes. The blobs of one group are
 * stored while the group before it is recorded; groups are recorded in order. A crash at any point leaves
 * a `created` package whose events speak of durable blobs only, and which a rerun completes.
 *
 * The first group shares its transaction with `created`: nothing is recorded before something has been read.
 */
export class PackageWriter {
  readonly #context: RegistryContext;
  readonly #request: RegistrationRequest;
  readonly #rule: RetentionRule;
  readonly #targets: readonly StorageBackend[];
  readonly #adoption: Adoption;
  readonly #leases: LeaseKeeper;
  readonly #manifest: ManifestDigester;
  #packageId: string | undefined;
  #logged: ReadonlyMap<string, FileRow> = new Map();
  /** The package's last event that this writer knows of; another number in the view means another writer. */
  #lastSequence = 0;
  #filesDone = 0;
  #bytesDone = 0;
  readonly #relief: MemoryRelief;
  /** What is being stored; none of it outlives the writer. */
  readonly #storing = new Set<Promise<void>>();

  constructor(
    context: RegistryContext,
    request: RegistrationRequest,
    rule: RetentionRule,
    targets: readonly StorageBackend[],
  ) {
    this.#context = context;
    this.#request = request;
    this.#rule = rule;
    this.#targets = targets;
    this.#adoption = chooseAdoption(context, targets);
    this.#leases = new LeaseKeeper(context);
    this.#relief = new MemoryRelief(context.collectGarbage, RELIEF_FILES_WITHOUT_BYTES);
    this.#manifest = new ManifestDigester(context.blake3, request.sources.length, true);
  }

  /** Throws `RaceLost`, `ContentDiffers`, or what cannot be mended by looking again. */
  async write(unfinished: UnfinishedPackage | undefined): Promise<WrittenPackage> {
    if (unfinished !== undefined) {
      this.#packageId = unfinished.packageId;
      this.#logged = unfinished.logged;
      this.#lastSequence = unfinished.lastEventSequence;
    }
    const { sources, signal, ahead } = this.#request;
    const options = {
      smallMaxBytes: this.#adoption.smallMaxBytes,
      wanted: (source: RegistrationSource) => !this.#logged.has(source.path),
      temporaryPath: this.#adoption.temporaryPath,
      ...(ahead === undefined ? {} : { ahead }),
      ...(signal === undefined ? {} : { signal }),
    };
    try {
      let open: OpenGroup | undefined;
      for await (const group of readUnits(this.#context.threads, sources, options, removeQuietly)) {
        const next = await this.#openGroup(group);
        // While the blobs of this group become durable, the group before it is recorded.
        if (open !== undefined) await this.#closeGroup(open);
        open = next;
      }
      if (open !== undefined) await this.#closeGroup(open);
      const manifest = open?.manifest;
      if (manifest === undefined || this.#packageId === undefined) throw new RaceLost();
      return { packageId: this.#packageId, manifest };
    } finally {
      await Promise.allSettled(this.#storing);
      await this.#leases.close();
    }
  }

  /** Takes the lease of a group and begins to store its blobs; the last group has the manifest. */
  async #openGroup({ files: group, release }: ReadGroup<RegistrationSource>): Promise<OpenGroup> {
    try {
      const entries = group.map(describeSource);
      const fresh = this.#freshFiles(group, entries);
      const lease = await this.#leaseOrBegin(fresh.map(({ read }) => read.address));
      const stored = this.#store(fresh).then(() => this.#checkLogged(group));
      this.#storing.add(stored);
      // A failure is met when the group is closed.
      stored.catch(() => undefined);
      // What is to be stored gets under way before this thread is busy with recording.
      await nextTurn();
      await nextTurn();
      this.#manifest.add(entries);
      return { group, release, fresh, lease, stored, manifest: this.#sealed() };
    } catch (error) {
      for (const { temporaryPath } of group) if (temporaryPath !== undefined) removeQuietly(temporaryPath);
      throw error;
    }
  }

  /** Records a group, once its blobs are durable. */
  async #closeGroup({ group, release, fresh, lease, stored, manifest }: OpenGroup): Promise<void> {
    await stored;
    release();
    this.#storing.delete(stored);
    for (let held = lease; ; ) {
      try {
        await this.#recordGroup(fresh, held, manifest);
        break;
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error;
        held = await this.#lease(fresh.map(({ read }) => read.address));
        await ensureStored(
          this.#context,
          this.#targets,
          fresh.map(({ read }) => [read.source, read.address]),
        );
      }
    }
    this.#report(group);
  }

  /** The manifest, once all files are known. */
  #sealed(): EncodedManifest | undefined {
    const { description, sources } = this.#request;
    return this.#manifest.count === sources.length
      ? this.#manifest.finish(manifestParts(description))
      : undefined;
  }

  #freshFiles(group: readonly Read[], entries: readonly ManifestFile[]): FreshFile[] {
    const fresh: FreshFile[] = [];
    group.forEach((read, index) => {
      const entry = entries[index];
      const logged = this.#logged.get(read.source.path);
      if (entry === undefined) return;
      if (logged === undefined) fresh.push({ read, entry });
      else if (!isLoggedAs(logged, entry))
        throw new ContentDiffers(`file ${quoteForTerminal(entry.path)} differs`);
    });
    return fresh;
  }

  /** The lease of a later group; for the first group of a new package, the transaction that creates the package. */
  async #leaseOrBegin(addresses: readonly ContentAddress[]): Promise<string> {
    if (this.#packageId !== undefined) {
      const lease = await this.#lease(addresses);
      await this.#claim();
      return lease;
    }
    const packageId = this.#context.newId();
    const lease = await whileBusy(this.#context.clock, () => this.#begin(packageId, addresses));
    this.#packageId = packageId;
    await this.#claim();
    return lease;
  }

  async #begin(packageId: string, addresses: readonly ContentAddress[]): Promise<string> {
    const { description } = this.#request;
    let lease = "";
    const events = await record(this.#context, async ({ writer, createdAt }) => {
      const { producer, externalId } = description;
      // Two that begin at once: the second finds the first's package here, and joins it.
      if (
        externalId !== undefined &&
        (await livePackageByExternalId(writer, producer, externalId)) !== undefined
      ) {
        throw new RaceLost();
      }
      await ensureRegistryId(writer, this.#context.newRandomId, createdAt);
      lease = await this.#leases.acquire(writer, addresses);
      return beginningEvents(packageId, description, this.#rule, createdAt);
    });
    this.#lastSequence = events.at(-1)?.sequence ?? 0;
    return lease;
  }

  #lease(addresses: readonly ContentAddress[]): Promise<string> {
    return this.#leases.take(addresses);
  }

  #claimed = false;
  async #claim(): Promise<void> {
    if (this.#claimed) return;
    await claimStores(this.#context, this.#targets);
    this.#claimed = true;
  }

  async #store(fresh: readonly { readonly read: Read }[]): Promise<void> {
    const ready = fresh.map(({ read }) => ({
      address: read.address,
      bytes: read.bytes,
      temporaryPath: read.temporaryPath,
      sizeBytes: read.source.sizeBytes,
    }));
    await storeBlobs(ready, this.#targets, this.#adoption.adopter);
  }

  /** What an earlier attempt logged was durable then; somebody may have lost it since. */
  async #checkLogged(group: readonly Read[]): Promise<void> {
    const logged = group.filter((read) => this.#logged.has(read.source.path));
    if (logged.length === 0) return;
    await ensureStored(
      this.#context,
      this.#targets,
      logged.map((read) => [read.source, read.address]),
    );
  }

  async #recordGroup(
    fresh: readonly FreshFile[],
    lease: string,
    manifest: EncodedManifest | undefined,
  ): Promise<void> {
    const packageId = this.#packageId ?? "";
    const events = await record(this.#context, async ({ writer }) => {
      const row = await packageById(writer, packageId);
      if (row?.status !== "created") throw new RaceLost();
      const missing =
        row.last_event_sequence === this.#lastSequence ? fresh : await notYetLogged(writer, packageId, fresh);
      if (!(await this.#leases.release(writer, lease))) throw new LeaseLost();
      const drafts: EventDraft[] = missing.map(({ entry }) => this.#fileEvent(packageId, entry));
      if (manifest !== undefined) {
        if (row.file_count + missing.length !== this.#request.sources.length) {
          throw new ContentDiffers("it has files that the source has not");
        }
        // No view is made from the manifest's members, so they need not be in memory once more.
        drafts.push({
          ...packageEvent(packageId, "v1.package.finalized", {}),
          payload_bytes: manifest.bytes,
        });
      }
      return drafts;
    });
    this.#leases.forget(lease);
    this.#lastSequence = events.at(-1)?.sequence ?? this.#lastSequence;
  }

  #fileEvent(packageId: string, entry: ManifestFile): EventDraft {
    const fileId = this.#context.newId();
    const key = objectKey(entry.content_address as ContentAddress);
    return fileIngestedEvent(packageId, {
      fileId,
      entry,
      locations: this.#targets.map(({ id }) => ({
        locationId: locationId(fileId, id),
        backendId: id,
        objectKey: key,
      })),
    });
  }

  #report(group: readonly Read[]): void {
    this.#filesDone += group.length;
    this.#relief.add(group.length);
    for (const { source } of group) this.#bytesDone += source.sizeBytes;
    const { sources, onProgress } = this.#request;
    onProgress?.({
      files: this.#filesDone,
      bytes: this.#bytesDone,
      totalFiles: sources.length,
      totalBytes: sources.reduce((sum, source) => sum + source.sizeBytes, 0),
    });
  }
}
