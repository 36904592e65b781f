import { type ContentAddress, parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import { copyBlob } from "../dataplane/copy-blob.ts";
import { views } from "../db/view-tables.ts";
import { sealDifference } from "../views/seal-difference.ts";
import { findPackage } from "./find-package.ts";
import { RELIEF_FILES } from "./memory-relief.ts";
import { findCopies, type PullCopies } from "./pull-copies.ts";
import { readManifest } from "./read-manifest.ts";
import type { RegistrationProgress } from "./registration.ts";
import type { RegistryContext } from "./registry-context.ts";
import { restoreTree } from "./restore-tree.ts";
import type { TargetTree } from "./target-tree.ts";

export interface PullOptions {
  /** Replace regular files that are there already; never anything else. */
  readonly force?: boolean;
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

export interface PullResult {
  readonly packageId: string;
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  readonly bytes: number;
  /** With symlinks resolved. */
  readonly directory: string;
  /** Copies that were lost or damaged although another one was good. */
  readonly warnings: readonly string[];
}

/**
 * Restores a finalized package's files below a directory. Each file is written beside its place while size and both
 * digests are compared, fsynced, and only then given its name. All that can be known before the first byte is checked
 * before: the package, every blob's place and size, every name, everything in the way. What fails later takes away
 * again what it made; with `force`, files already replaced stay replaced, and are right.
 *
 * Throws `package_not_found`, `package_state`, `package_deleted`, `log_damaged`; `blob_missing` and `blob_damaged`,
 * naming the files; `manifest_mismatch`, `invalid_path`, `target_exists`, `storage_full`, `storage_read_only`.
 */
export async function pullPackage(
  context: RegistryContext,
  packageId: string,
  directory: string,
  options: PullOptions = {},
): Promise<PullResult> {
  const row = await findPackage(context, packageId);
  if (row.status === "garbage_collected" || row.status === "purged") {
    throw new ArtifactstoreError(
      "package_deleted",
      `Cannot pull package "${packageId}": it is ${row.status}`,
    );
  }
  const { manifest, digest } = await readManifest(context, packageId);
  await refuseOtherFiles(context, packageId, manifest);
  // The encoded manifest of many files, and what checking it took, are let go.
  if (manifest.files.length >= RELIEF_FILES) context.collectGarbage();
  const { copies, warnings } = await findCopies(context, packageId, manifest);
  const restored = await restoreTree(context, packageId, manifest, directory, options, (file, tree) =>
    restoreFile(context, file, copies, tree),
  );
  return {
    packageId,
    manifestDigest: digest,
    fileCount: manifest.files.length,
    bytes: restored.bytes,
    directory: restored.directory,
    warnings: [...warnings, ...restored.warnings],
  };
}

/** Threat: a manifest that leaves out a file, so that what is restored looks whole. */
async function refuseOtherFiles(
  { database }: RegistryContext,
  packageId: string,
  manifest: Manifest,
): Promise<void> {
  const difference = await database.read((reader) =>
    sealDifference({ reader, tables: views }, packageId, manifest),
  );
  if (difference === undefined) return;
  throw new ArtifactstoreError(
    "manifest_mismatch",
    `Cannot pull package "${packageId}": its manifest ${difference}`,
  );
}

async function restoreFile(
  context: RegistryContext,
  file: ManifestFile,
  copies: PullCopies,
  tree: TargetTree,
): Promise<string[]> {
  const expected = {
    address: parseContentAddress(file.content_address),
    sizeBytes: file.size_bytes,
    sha256: file.sha256,
  };
  const wrong: string[] = [];
  let damaged = false;
  for (const backend of copies.get(file.content_address) ?? []) {
    const finding = await tree.withSlot(file.path, async (slot) => {
      const target = { path: slot.temporaryPath, name: file.path, mode: tree.probed.fileMode };
      try {
        const found = await copyBlob(context, backend, expected, target);
        if (found.outcome === "intact") slot.place();
        return found;
      } catch (error) {
        slot.discard();
        throw error;
      }
    });
    if (finding.outcome === "intact") return wrong;
    damaged ||= finding.outcome === "damaged";
    wrong.push(
      `the blob of "${file.path}" on backend "${backend.id}" is ${finding.outcome}: ${finding.detail}`,
    );
  }
  const message = wrong.join("; ");
  throw new ArtifactstoreError(
    damaged ? "blob_damaged" : "blob_missing",
    `Cannot pull ${quoteForTerminal(file.path)}: ${message}`,
    { errors: [{ pointer: escapeForTerminal(file.path), message }] },
  );
}
