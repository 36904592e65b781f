import { ArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { ManifestDigester } from "../core/manifest-digester.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { readUnits } from "../dataplane/read-units.ts";
import type { PackageRow } from "../db/view-tables.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { retentionOfPackage } from "../views/query-retention.ts";
import { contentConflict } from "./content-conflict.ts";
import { describeSource } from "./describe-source.ts";
import { type ExpectedBlob, missingFrom } from "./ensure-stored.ts";
import { comparableManifest, manifestParts } from "./package-manifest.ts";
import { readManifest } from "./read-manifest.ts";
import {
  type RegistrationRequest,
  type RegistrationResult,
  type RegistrationSource,
  SOURCES_HASHED_TOGETHER_MAX_BYTES,
  totalBytes,
} from "./registration.ts";
import type { RegistryContext } from "./registry-context.ts";
import { restoreCopies } from "./restore-copies.ts";

/**
 * Answers a finalized package to a producer that registers the same again. Every byte of the source is hashed anew:
 * only an equal manifest digest is the same package. Nothing is written unless a copy of a blob has been lost.
 */
export async function confirmExisting(
  context: RegistryContext,
  request: RegistrationRequest,
  row: PackageRow,
  targets: readonly StorageBackend[],
): Promise<RegistrationResult> {
  const { description, sources } = request;
  const name = quoteForTerminal(description.externalId ?? description.name);
  const retention = await context.database.read((reader) => retentionOfPackage(reader, row.id));
  if (retention?.eligible_for_deletion === 1) {
    throw new ArtifactstoreError(
      "package_marked",
      `Cannot register package ${name} again: package "${row.id}" is marked for deletion; extend its retention first`,
    );
  }
  const { files, digest, expected, lost } = await hashSources(context, request, targets);
  if (digest !== row.manifest_digest) {
    const stored = await readManifest(context, row.id);
    throw contentConflict(name, row.id, stored.manifest, comparableManifest(description, files));
  }
  const restored = await restoreCopies(context, row.id, targets, expected, lost);
  return {
    packageId: row.id,
    manifestDigest: digest,
    fileCount: sources.length,
    totalBytes: totalBytes(request),
    reusedExisting: true,
    resumed: false,
    restored,
  };
}

/**
 * Reads every source. While the threads read on, each target is asked for the blobs read so far (`lost`: by backend,
 * the paths whose blobs it does not hold), and the manifest's digest grows.
 */
async function hashSources(
  context: RegistryContext,
  request: RegistrationRequest,
  targets: readonly StorageBackend[],
) {
  const { sources, onProgress, signal, ahead } = request;
  const digester = new ManifestDigester(context.blake3, sources.length, false);
  const files: ManifestFile[] = [];
  const expected: ExpectedBlob<RegistrationSource>[] = [];
  const lost = new Map(targets.map((target) => [target.id, new Set<string>()]));
  const total = totalBytes(request);
  let bytes = 0;
  const options = {
    smallMaxBytes: SOURCES_HASHED_TOGETHER_MAX_BYTES,
    wanted: () => false,
    temporaryPath: () => "",
    ...(ahead === undefined ? {} : { ahead }),
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const { files: group } of readUnits(context.threads, sources, options, () => undefined)) {
    const blobs = group.map((read): ExpectedBlob<RegistrationSource> => [read.source, read.address]);
    const described = group.map(describeSource);
    digester.add(described);
    files.push(...described);
    for (const read of group) bytes += read.source.sizeBytes;
    for (const target of targets) {
      for (const [source] of await missingFrom(target, blobs)) lost.get(target.id)?.add(source.path);
    }
    expected.push(...blobs);
    onProgress?.({ files: digester.count, bytes, totalFiles: sources.length, totalBytes: total });
  }
  return {
    files,
    digest: digester.finish(manifestParts(request.description)).digest,
    expected,
    lost,
  };
}
