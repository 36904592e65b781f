import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import type { BlobStat, StorageBackend } from "../storage/blob-store.ts";
import { filePages } from "../views/query-files.ts";
import { MemoryRelief } from "./memory-relief.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Backends by the content address of the blob that each holds at its right size, in the order to try them. */
export type PullCopies = ReadonlyMap<string, readonly StorageBackend[]>;

export interface FoundCopies {
  readonly copies: PullCopies;
  /** Copies that are lost or short although another one will do; for people. */
  readonly warnings: readonly string[];
}

/** Blobs asked about at once. Count. */
const STAT_BATCH = 4096;

/**
 * Finds where each blob of a package lies, before anything is written: one that is nowhere, or nowhere at its right
 * size, is refused here, naming every file that needs it. Throws `blob_missing`, `blob_damaged`.
 */
export async function findCopies(
  context: RegistryContext,
  packageId: string,
  manifest: Manifest,
): Promise<FoundCopies> {
  const sizes = new Map(
    manifest.files.map((file) => [parseContentAddress(file.content_address), file.size_bytes]),
  );
  const candidates = await locate(context, packageId, sizes);
  const copies = new Map<string, readonly StorageBackend[]>();
  const lists = new BackendLists();
  const wrong = new Map<string, string[]>();
  for (const [backend, addresses] of candidates) {
    for (let at = 0; at < addresses.length; at += STAT_BATCH) {
      const batch = addresses.slice(at, at + STAT_BATCH);
      const stats = await statAll(backend, batch);
      for (const [index, address] of batch.entries()) {
        const state = describeWrong(stats[index], sizes.get(address));
        if (state === undefined) copies.set(address, lists.extended(copies.get(address), backend));
        else append(wrong, address, `${state} on backend "${backend.id}"`);
      }
    }
  }
  refuseIncomplete(packageId, manifest, copies, wrong);
  const warnings = [...wrong].map(([address, states]) => `blob "${address}" ${states.join(", ")}`);
  return { copies, warnings: shorten(warnings) };
}

/** By backend, in the order of configuration. A blob that the views place nowhere is looked for everywhere. */
async function locate(
  context: RegistryContext,
  packageId: string,
  sizes: ReadonlyMap<ContentAddress, number>,
): Promise<Map<StorageBackend, ContentAddress[]>> {
  const placed = new Set<string>();
  const placedOn = new Map<string, Set<string>>();
  for (const id of context.backends.keys()) placedOn.set(id, new Set());
  const relief = new MemoryRelief(context.collectGarbage);
  await context.database.read(async (reader) => {
    for await (const page of filePages(reader, packageId)) {
      for (const { locations } of page) {
        for (const { backend_id, content_address, deletion_state } of locations) {
          if (deletion_state !== "live") continue;
          placed.add(content_address);
          placedOn.get(backend_id)?.add(content_address);
        }
      }
      relief.add(page.length);
    }
  });
  const candidates = new Map<StorageBackend, ContentAddress[]>();
  for (const backend of context.backends.values()) {
    const here = placedOn.get(backend.id);
    const wanted = [...sizes.keys()].filter((address) => here?.has(address) === true || !placed.has(address));
    candidates.set(backend, wanted);
  }
  return candidates;
}

async function statAll(
  backend: StorageBackend,
  addresses: readonly ContentAddress[],
): Promise<readonly (BlobStat | undefined)[]> {
  if (backend.bulkStat !== undefined) return await backend.bulkStat.statMany(addresses);
  return await Promise.all(addresses.map((address) => backend.blobs.stat(address)));
}

function describeWrong(stat: BlobStat | undefined, sizeBytes: number | undefined): string | undefined {
  if (stat === undefined) return "is missing";
  return stat.size === sizeBytes ? undefined : `has ${stat.size} bytes instead of ${sizeBytes}`;
}

function refuseIncomplete(
  packageId: string,
  { files }: Manifest,
  copies: PullCopies,
  wrong: ReadonlyMap<string, readonly string[]>,
): void {
  const lost = files.filter((file) => !copies.has(file.content_address));
  const [first] = lost;
  if (first === undefined) return;
  const state = (file: ManifestFile) =>
    wrong.get(file.content_address)?.join(", ") ?? "lies on no configured backend";
  const errors: FieldError[] = lost.slice(0, ERRORS_LISTED_MAX).map((file) => ({
    pointer: escapeForTerminal(file.path),
    message: `blob ${file.content_address} ${state(file)}`,
  }));
  const more = lost.length > 1 ? `, and ${lost.length - 1} more files are lost` : "";
  throw new ArtifactstoreError(
    state(first).startsWith("has ") ? "blob_damaged" : "blob_missing",
    `Cannot pull package "${packageId}": the blob of ${quoteForTerminal(first.path)} ${state(first)}${more}`,
    { errors },
  );
}

/** Thousands of blobs lie on the same few backends: they share one list of them. */
class BackendLists {
  readonly #lists = new Map<string, readonly StorageBackend[]>();

  extended(list: readonly StorageBackend[] | undefined, backend: StorageBackend): readonly StorageBackend[] {
    const longer = [...(list ?? []), backend];
    const key = longer.map(({ id }) => id).join(" ");
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    this.#lists.set(key, longer);
    return longer;
  }
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function shorten(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= ERRORS_LISTED_MAX) return warnings;
  const left = warnings.length - ERRORS_LISTED_MAX;
  return [...warnings.slice(0, ERRORS_LISTED_MAX), `${left} more blobs are missing or short on a backend`];
}
