import type { DescribedFile, ShownPackage } from "../client/documents.ts";
import { inParallel } from "../client/in-parallel.ts";
import { parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, ERRORS, isArtifactstoreError } from "../core/errors.ts";
import { LIST_ITEMS_MAX } from "../core/limits.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { MemoryRelief } from "../registry/memory-relief.ts";
import type {
  PackageVerification,
  VerificationFailure,
  VerifyPackageOptions,
} from "../registry/verify-package.ts";
import { listedFiles } from "./listed-files.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** Files downloaded at once. Count. */
const FILES_AT_ONCE = 8;

/** Asked for at once, so that memory stays flat. Bytes. */
const PIECE_BYTES = 8_388_608;

const INTEGRITY_EXIT = ERRORS.blob_damaged.exit;

/**
 * Proves a package from outside: every distinct blob is downloaded and hashed on this side, whatever the server says of
 * it; the manifest must have the digest that the package is known by, the list of files must be the manifest's, and the
 * log's entry must name that digest. Of several copies of a blob the server shows one.
 *
 * Throws `package_not_found`, `package_deleted`, `package_state`; everything else is a failure in the answer.
 */
export async function verifyRemotely(
  remote: RemoteRegistry,
  packageId: string,
  options: VerifyPackageOptions = {},
): Promise<PackageVerification> {
  const { client } = remote;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const shown = await client.packages.show(packageId, call);
  const manifestDigest = sealedDigest(shown);
  const failures: VerificationFailure[] = [];
  const manifest = await sealedManifest(remote, shown, manifestDigest, failures);
  await compareLogEntry(remote, shown, manifestDigest, failures);
  const listed = await listedFiles(remote, packageId, options.signal);
  compareLists(manifest, listed, failures);
  const { blobsRead, bytesRead } = await readBlobs(remote, listed, failures, options);
  return {
    packageId,
    manifestDigest: parseContentAddress(manifestDigest),
    fileCount: listed.size,
    blobsRead,
    bytesRead,
    failures,
  };
}

function sealedDigest({ id, status, manifest_digest }: ShownPackage): string {
  const isDeleted = status === "garbage_collected" || status === "purged";
  if (!isDeleted && manifest_digest !== null) return manifest_digest;
  throw new ArtifactstoreError(
    isDeleted ? "package_deleted" : "package_state",
    `Cannot verify package "${id}": it is ${status}`,
  );
}

async function sealedManifest(
  { client }: RemoteRegistry,
  { id }: ShownPackage,
  known: string,
  failures: VerificationFailure[],
): Promise<Manifest | undefined> {
  try {
    const { manifest, digest } = await client.packages.manifest(id);
    if (digest !== known) {
      const detail = `the manifest has digest ${digest}, the package is known by ${known}`;
      failures.push({ kind: "manifest", detail });
    }
    return manifest;
  } catch (error) {
    failures.push({ kind: "manifest", detail: findingOf(error) });
    return undefined;
  }
}

/** The event that sealed the package is its last one, unless retention or storage has recorded something since. */
async function compareLogEntry(
  { client }: RemoteRegistry,
  { id, finalized_at, last_event_sequence }: ShownPackage,
  known: string,
  failures: VerificationFailure[],
): Promise<void> {
  for (const since of [last_event_sequence - 1, 0]) {
    for await (const event of client.events.list({ since, subject: id }, { limit: LIST_ITEMS_MAX })) {
      if (event.event_type !== "v1.package.finalized") continue;
      if (event.payload_digest !== known || event.created_at !== finalized_at) {
        const detail = `event ${event.sequence} seals ${event.payload_digest} at ${event.created_at}, the package is known by ${known}`;
        failures.push({ kind: "log", detail });
      }
      return;
    }
  }
  failures.push({ kind: "log", detail: "the log has no event that finalized the package" });
}

function compareLists(
  manifest: Manifest | undefined,
  listed: ReadonlyMap<string, DescribedFile>,
  failures: VerificationFailure[],
): void {
  if (manifest === undefined) return;
  const sealed = new Map(manifest.files.map((file) => [file.path, file]));
  for (const [path, file] of listed) {
    const entry = sealed.get(path);
    sealed.delete(path);
    if (entry === undefined) failures.push({ kind: "view", path, detail: "is listed and not sealed" });
    else if (!isSame(entry, file))
      failures.push({ kind: "view", path, detail: "is listed otherwise than it is sealed" });
  }
  for (const path of sealed.keys()) failures.push({ kind: "view", path, detail: "is sealed and not listed" });
}

function isSame(sealed: ManifestFile, listed: DescribedFile): boolean {
  return (
    sealed.content_address === listed.content_address &&
    sealed.sha256 === listed.sha256 &&
    sealed.size_bytes === listed.size_bytes &&
    sealed.media_type === listed.media_type
  );
}

async function readBlobs(
  { client, collectGarbage }: RemoteRegistry,
  listed: ReadonlyMap<string, DescribedFile>,
  failures: VerificationFailure[],
  { onProgress, signal }: VerifyPackageOptions,
): Promise<{ blobsRead: number; bytesRead: number }> {
  const blobs = new Map<string, DescribedFile[]>();
  for (const file of listed.values()) {
    const same = blobs.get(file.content_address);
    if (same === undefined) blobs.set(file.content_address, [file]);
    else same.push(file);
  }
  const totalBytes = [...blobs.values()].reduce((sum, [file]) => sum + (file?.size_bytes ?? 0), 0);
  const relief = new MemoryRelief(collectGarbage);
  let blobsRead = 0;
  let bytesRead = 0;
  let files = 0;
  let bytes = 0;
  await inParallel(blobs.values(), FILES_AT_ONCE, async (same) => {
    const [file] = same;
    if (file === undefined) return;
    try {
      for await (const chunk of client.files.download(file, {
        pieceBytes: PIECE_BYTES,
        ...(signal === undefined ? {} : { signal }),
      }))
        bytesRead += chunk.length;
      blobsRead += 1;
    } catch (error) {
      signal?.throwIfAborted();
      const detail = findingOf(error);
      for (const { relative_path: path, content_address: contentAddress } of same)
        failures.push({ kind: "blob", path, contentAddress, detail });
    }
    files += 1;
    bytes += file.size_bytes;
    relief.add(1);
    onProgress?.({ files, bytes, totalFiles: blobs.size, totalBytes });
  });
  return { blobsRead, bytesRead };
}

/** What is wrong with what was read; a server that cannot be asked has no finding, and is thrown. */
function findingOf(error: unknown): string {
  if (isArtifactstoreError(error) && ERRORS[error.code].exit === INTEGRITY_EXIT)
    return `${error.code}: ${error.message}`;
  if (isArtifactstoreError(error, "invalid_manifest")) return error.message;
  throw error;
}
