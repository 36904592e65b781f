import type { CreatedPackage, PackageRequest, StoredFile } from "../client/documents.ts";
import { parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, isArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { checkSources } from "../registry/check-sources.ts";
import { checkDescription, type PackageDescription } from "../registry/package-description.ts";
import { type RegistrationRequest, type RegistrationResult, totalBytes } from "../registry/registration.ts";
import { ContentDiffers, RaceLost } from "../registry/registration-errors.ts";
import { confirmFinalized } from "./confirm-finalized.ts";
import { findUnfinished } from "./find-unfinished.ts";
import { PackageSender } from "./package-sender.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** How often a registration looks again after somebody changed the same package under it. */
const RACES_MAX = 10;

/**
 * As `registerPackage`, through a server: the same manifest digest, idempotent by (producer, external id). Finalized and
 * equal: that package. Finalized and different: a conflict, naming what differs. Unfinished: resumed if what it has is
 * what the source holds, else abandoned for a new one. Copies that a server has lost are its operator's to restore.
 *
 * What fails leaves at most a `created` package.
 */
export async function registerRemotely(
  remote: RemoteRegistry,
  request: RegistrationRequest,
): Promise<RegistrationResult> {
  const { description, signal } = request;
  const call = signal === undefined ? {} : { signal };
  checkDescription(description);
  checkSources(request);
  let abandonedPackageId: string | undefined;
  for (let race = 0; race < RACES_MAX; race++) {
    const created = await remote.client.packages.create(packageRequest(description), call);
    try {
      if (created.status === "finalized")
        return await confirmFinalized(remote, request, created.id, created.manifest_digest ?? "");
      const result = await complete(remote, request, created);
      return abandonedPackageId === undefined ? result : { ...result, abandonedPackageId };
    } catch (error) {
      if (description.externalId === undefined) throw error;
      const turn = turnOf(error, created);
      if (turn instanceof ContentDiffers) {
        if (await abandoned(remote, created.id, turn.message)) abandonedPackageId = created.id;
      } else if (!(turn instanceof RaceLost)) throw error;
    }
  }
  throw new ArtifactstoreError(
    "package_state",
    `Cannot register package ${quoteForTerminal(description.externalId ?? description.name)}: others keep changing it`,
  );
}

/** Sends what the package lacks, and seals it. */
async function complete(
  remote: RemoteRegistry,
  request: RegistrationRequest,
  created: CreatedPackage,
): Promise<RegistrationResult> {
  const { client } = remote;
  const call = request.signal === undefined ? {} : { signal: request.signal };
  const logged = created.reused_existing
    ? await findUnfinished(remote, request, created.id)
    : new Map<string, StoredFile>();
  const digest = await new PackageSender(remote, request, created.id, logged).send();
  const sealed = await client.packages.finalize(created.id, call);
  if (sealed.manifest_digest !== digest) {
    throw new ArtifactstoreError(
      "manifest_mismatch",
      `Cannot register package "${created.id}": the server has sealed ${sealed.manifest_digest}, the source is ${digest}`,
    );
  }
  return {
    packageId: created.id,
    manifestDigest: parseContentAddress(sealed.manifest_digest),
    fileCount: request.sources.length,
    totalBytes: totalBytes(request),
    reusedExisting: false,
    resumed: created.reused_existing,
    restored: [],
  };
}

/** What a refusal means for somebody who is not alone: the package is another's by now, or holds something else. */
function turnOf(error: unknown, created: CreatedPackage): unknown {
  if (isArtifactstoreError(error, "package_state")) return new RaceLost();
  if (created.reused_existing && isArtifactstoreError(error, "path_conflict"))
    return new ContentDiffers("a path in it has other content");
  return error;
}

/** Whether it was this one who gave it up; somebody else may have finished it meanwhile. */
async function abandoned({ client }: RemoteRegistry, packageId: string, reason: string): Promise<boolean> {
  try {
    await client.packages.abandon(packageId, `Another ingest of the same external id: ${reason}`);
    return true;
  } catch (error) {
    if (isArtifactstoreError(error, "package_state")) return false;
    throw error;
  }
}

function packageRequest(description: PackageDescription): PackageRequest {
  const { name, producer, subject, retentionClass, metadata, provenance, metadataSchema, externalId } =
    description;
  return {
    name,
    producer,
    subject,
    retention_class: retentionClass,
    metadata,
    provenance,
    ...(metadataSchema === undefined ? {} : { metadata_schema: metadataSchema.slug }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
  };
}
