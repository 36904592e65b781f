import { printCanonicalJson } from "../core/canonical-json.ts";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { parseManifest } from "../core/parse-manifest.ts";
import { PAIR_MIN_BYTES } from "../dataplane/read-unit.ts";
import { type BlobVerification, unread, verifyBlob } from "../dataplane/verify-blob.ts";
import type { PackageRow } from "../db/view-tables.ts";
import { findPackageEvent } from "../log/find-event.ts";
import { type FileWithLocations, filePages } from "../views/query-files.ts";
import { sealedFieldDifference } from "../views/seal-difference.ts";
import { findPackage } from "./find-package.ts";
import { MemoryRelief, RELIEF_FILES } from "./memory-relief.ts";
import type { RegistrationProgress } from "./registration.ts";
import type { RegistryContext } from "./registry-context.ts";
import { verifyPackageLog } from "./verify-package-log.ts";

/** One thing that is wrong with a package. */
export interface VerificationFailure {
  /** `blob`: stored bytes. `manifest`: the sealed list. `view`: a table derived from the log. `log`: the log itself. */
  readonly kind: "blob" | "manifest" | "view" | "log";
  /** The file's path, where it is about one. */
  readonly path?: string;
  readonly backendId?: string;
  readonly contentAddress?: string;
  readonly detail: string;
}

export interface PackageVerification {
  readonly packageId: string;
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  /** Copies of blobs that were read whole, each distinct blob of a backend once. */
  readonly blobsRead: number;
  /** The bytes of these copies. */
  readonly bytesRead: number;
  /** Empty: everything is as it was sealed. */
  readonly failures: readonly VerificationFailure[];
}

export interface VerifyPackageOptions {
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Proves a package: every blob is read again from every backend that holds it and compared by size and both digests;
 * the manifest is what the log sealed, and has the digest that the view says; the views list just the manifest's
 * files; the package's events have their digests and their place in the tree. Changes nothing.
 *
 * Throws `package_not_found`, `package_deleted`, `package_state`; everything else is a failure in the answer.
 */
export async function verifyPackage(
  context: RegistryContext,
  packageId: string,
  options: VerifyPackageOptions = {},
): Promise<PackageVerification> {
  const row = await findPackage(context, packageId);
  const manifestDigest = sealedDigest(row);
  const failures: VerificationFailure[] = [];
  failures.push(...(await verifyPackageLog(context, row)));
  // The events of many files are let go before their manifest is read, and the manifest before their blobs are.
  if (row.file_count >= RELIEF_FILES) context.collectGarbage();
  const plan = await readPlan(context, packageId, await sealedManifest(context, row, failures), failures);
  if (plan.fileCount >= RELIEF_FILES) context.collectGarbage();
  const { blobsRead, bytesRead } = await readBlobs(context, plan, failures, options);
  return { packageId, manifestDigest, fileCount: plan.fileCount, blobsRead, bytesRead, failures };
}

function sealedDigest(row: PackageRow): ContentAddress {
  if (row.status === "garbage_collected" || row.status === "purged") {
    throw new ArtifactstoreError("package_deleted", `Cannot verify package "${row.id}": it is ${row.status}`);
  }
  if (row.manifest_digest === null) {
    throw new ArtifactstoreError("package_state", `Cannot verify package "${row.id}": it is ${row.status}`);
  }
  return row.manifest_digest as ContentAddress;
}

async function sealedManifest(
  context: RegistryContext,
  row: PackageRow,
  failures: VerificationFailure[],
): Promise<Manifest | undefined> {
  const event = await context.database.read((reader) =>
    findPackageEvent(reader, row.id, "v1.package.finalized"),
  );
  if (event === undefined) {
    failures.push({ kind: "log", detail: "the log has no event that finalized the package" });
    return undefined;
  }
  const digest = contentAddress(context.blake3.hash(event.payload));
  if (digest !== row.manifest_digest) {
    failures.push({
      kind: "manifest",
      detail: `event ${event.sequence} holds a manifest of digest ${digest}, the package is known by ${row.manifest_digest}`,
    });
  }
  try {
    const manifest = parseManifest(event.payload);
    const field = sealedFieldDifference(row, manifest);
    if (field !== undefined) {
      failures.push({ kind: "view", detail: `the package has another ${field} than its manifest seals` });
    }
    return manifest;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    failures.push({ kind: "manifest", detail: `event ${event.sequence}: ${detail}` });
    return undefined;
  }
}

interface PlannedBlob {
  readonly address: ContentAddress;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly paths: string[];
}

interface ReadPlan {
  fileCount: number;
  /** By backend, then by content address. */
  readonly backends: Map<string, Map<string, PlannedBlob>>;
}

/** Compares the views with the manifest, and lists what must be read of which backend. */
async function readPlan(
  context: RegistryContext,
  packageId: string,
  manifest: Manifest | undefined,
  failures: VerificationFailure[],
): Promise<ReadPlan> {
  const plan: ReadPlan = { fileCount: 0, backends: new Map() };
  const sealed =
    manifest === undefined ? undefined : new Map(manifest.files.map((file) => [file.path, file]));
  const relief = new MemoryRelief(context.collectGarbage);
  await context.database.read(async (reader) => {
    for await (const page of filePages(reader, packageId)) {
      for (const row of page) {
        plan.fileCount += 1;
        compareRow(row, sealed, failures);
        planFile(plan, row, failures);
      }
      relief.add(page.length);
    }
  });
  for (const path of sealed?.keys() ?? [])
    failures.push({ kind: "view", path, detail: "is sealed and not listed" });
  return plan;
}

function compareRow(
  row: FileWithLocations,
  sealed: Map<string, ManifestFile> | undefined,
  failures: VerificationFailure[],
): void {
  if (sealed === undefined) return;
  const path = row.relative_path;
  const file = sealed.get(path);
  sealed.delete(path);
  if (file === undefined) {
    failures.push({ kind: "view", path, detail: "is listed and not sealed" });
    return;
  }
  const same =
    file.content_address === row.content_address &&
    file.sha256 === row.digest_sha256 &&
    file.size_bytes === row.size_bytes &&
    file.media_type === row.media_type &&
    (file.annotations === undefined ? null : printCanonicalJson(file.annotations)) === row.annotations;
  if (!same) failures.push({ kind: "view", path, detail: "is listed otherwise than it is sealed" });
}

function planFile(plan: ReadPlan, row: FileWithLocations, failures: VerificationFailure[]): void {
  const live = row.locations.filter((location) => location.deletion_state === "live");
  if (live.length === 0)
    failures.push({ kind: "view", path: row.relative_path, detail: "is stored nowhere" });
  for (const location of live) {
    let blobs = plan.backends.get(location.backend_id);
    if (blobs === undefined) {
      blobs = new Map();
      plan.backends.set(location.backend_id, blobs);
    }
    const known = blobs.get(row.content_address);
    if (known !== undefined) known.paths.push(row.relative_path);
    else {
      blobs.set(row.content_address, {
        address: row.content_address as ContentAddress,
        sizeBytes: row.size_bytes,
        sha256: row.digest_sha256,
        paths: [row.relative_path],
      });
    }
  }
}

async function readBlobs(
  context: RegistryContext,
  plan: ReadPlan,
  failures: VerificationFailure[],
  options: VerifyPackageOptions,
): Promise<{ blobsRead: number; bytesRead: number }> {
  const queue: { backendId: string; blob: PlannedBlob }[] = [];
  for (const [backendId, blobs] of plan.backends) {
    for (const blob of blobs.values()) queue.push({ backendId, blob });
  }
  const totalBytes = queue.reduce((sum, { blob }) => sum + blob.sizeBytes, 0);
  const large = queue.filter(({ blob }) => blob.sizeBytes >= PAIR_MIN_BYTES).length;
  const readers = { threads: context.threads, blake3: context.blake3, paired: large === 1 };
  const relief = new MemoryRelief(context.collectGarbage);
  let blobsRead = 0;
  let bytesRead = 0;
  // What is missing is done with too: progress gets to its end whatever is found.
  let files = 0;
  let bytes = 0;
  let next = 0;
  async function lane(): Promise<void> {
    for (let entry = queue[next++]; entry !== undefined; entry = queue[next++]) {
      options.signal?.throwIfAborted();
      const { backendId, blob } = entry;
      const finding = await findBlob(context, readers, backendId, blob);
      if (finding.outcome !== "intact") {
        for (const path of blob.paths) {
          const detail = `${finding.outcome}: ${finding.detail}`;
          failures.push({ kind: "blob", path, backendId, contentAddress: blob.address, detail });
        }
      }
      if (finding.readBytes !== undefined) {
        blobsRead += 1;
        bytesRead += finding.readBytes;
      }
      files += 1;
      bytes += blob.sizeBytes;
      relief.add(1);
      options.onProgress?.({ files, bytes, totalFiles: queue.length, totalBytes });
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, context.threads.threads) }, lane));
  return { blobsRead, bytesRead };
}

async function findBlob(
  context: RegistryContext,
  readers: Parameters<typeof verifyBlob>[0],
  backendId: string,
  blob: PlannedBlob,
): Promise<BlobVerification> {
  const backend = context.backends.get(backendId);
  if (backend === undefined) return unread("unreadable", `backend "${backendId}" is not configured`);
  return verifyBlob(readers, backend, blob);
}
