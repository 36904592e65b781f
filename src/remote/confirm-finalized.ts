import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { ManifestDigester } from "../core/manifest-digester.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { readUnits } from "../dataplane/read-units.ts";
import { contentConflict } from "../registry/content-conflict.ts";
import { describeSource } from "../registry/describe-source.ts";
import { comparableManifest, manifestParts } from "../registry/package-manifest.ts";
import {
  type RegistrationRequest,
  type RegistrationResult,
  SOURCES_HASHED_TOGETHER_MAX_BYTES,
  totalBytes,
} from "../registry/registration.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/**
 * Answers a finalized package to a producer that registers the same again: every byte of the source is hashed anew, and
 * only an equal manifest digest is the same package. Throws `content_conflict` or `retention_class_conflict`, naming what
 * differs as far as the token may read; `package_marked`.
 */
export async function confirmFinalized(
  remote: RemoteRegistry,
  request: RegistrationRequest,
  packageId: string,
  manifestDigest: string,
): Promise<RegistrationResult> {
  const { description, sources } = request;
  const name = quoteForTerminal(description.externalId ?? description.name);
  await refuseMarked(remote, packageId, name);
  const { files, digest } = await hashSources(remote, request);
  if (digest !== manifestDigest) {
    const stored = await unlessForbidden(remote.client.packages.manifest(packageId));
    if (stored !== undefined)
      throw contentConflict(name, packageId, stored.manifest, comparableManifest(description, files));
    throw new ArtifactstoreError(
      "content_conflict",
      `Cannot register package ${name} again: package "${packageId}" has manifest digest ${manifestDigest}, the source ${digest}`,
    );
  }
  return {
    packageId,
    manifestDigest: digest,
    fileCount: sources.length,
    totalBytes: totalBytes(request),
    reusedExisting: true,
    resumed: false,
    restored: [],
  };
}

async function refuseMarked({ client }: RemoteRegistry, packageId: string, name: string): Promise<void> {
  const shown = await unlessForbidden(client.packages.show(packageId));
  if (shown?.retention?.eligible_for_deletion !== true) return;
  throw new ArtifactstoreError(
    "package_marked",
    `Cannot register package ${name} again: package "${packageId}" is marked for deletion; extend its retention first`,
  );
}

async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isArtifactstoreError(error, "forbidden")) return undefined;
    throw error;
  }
}

async function hashSources(
  { threads, blake3 }: RemoteRegistry,
  request: RegistrationRequest,
): Promise<{ readonly files: readonly ManifestFile[]; readonly digest: ContentAddress }> {
  const { sources, ahead, signal, onProgress, description } = request;
  const digester = new ManifestDigester(blake3, sources.length, false);
  const files: ManifestFile[] = [];
  const total = totalBytes(request);
  let bytes = 0;
  const options = {
    smallMaxBytes: SOURCES_HASHED_TOGETHER_MAX_BYTES,
    wanted: () => false,
    temporaryPath: () => "",
    ...(ahead === undefined ? {} : { ahead }),
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const { files: group } of readUnits(threads, sources, options, () => undefined)) {
    const described = group.map(describeSource);
    digester.add(described);
    files.push(...described);
    for (const { source } of group) bytes += source.sizeBytes;
    onProgress?.({ files: digester.count, bytes, totalFiles: sources.length, totalBytes: total });
  }
  return { files, digest: digester.finish(manifestParts(description)).digest };
}
