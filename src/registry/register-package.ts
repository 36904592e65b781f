import { printCanonicalJson } from "../core/canonical-json.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { iterateFiles } from "../views/query-locations.ts";
import { livePackageByExternalId, packageById } from "../views/query-packages.ts";
import { abandonUnfinished } from "./abandon-package.ts";
import { checkPackageViews } from "./check-package-views.ts";
import { checkSources } from "./check-sources.ts";
import { confirmExisting } from "./confirm-existing.ts";
import { checkStores, routeTargets } from "./own-stores.ts";
import { checkDescription, type PackageDescription, retentionRule } from "./package-description.ts";
import { PackageWriter, type UnfinishedPackage } from "./package-writer.ts";
import { refuseOwnFiles } from "./refuse-own-files.ts";
import { type RegistrationRequest, type RegistrationResult, totalBytes } from "./registration.ts";
import { ContentDiffers, RaceLost } from "./registration-errors.ts";
import type { RegistryContext, RetentionRule } from "./registry-context.ts";

/** How often a registration looks again after another process changed the same package under it. */
const RACES_MAX = 10;

/**
 * Registers a set of files as one package: stored in every backend of its route, sealed by a manifest, recorded in the
 * log. Idempotent by (producer, external id):
 *
 * - A finalized package of equal manifest digest is answered as it is; copies of its blobs that are missing, short or
 *   not yet routed are stored again from the source.
 * - One of other content or class is a conflict (`content_conflict`, `retention_class_conflict`), naming what differs.
 * - An unfinished one is resumed if what it has logged is what the source holds, else abandoned for a new one.
 *
 * Whatever fails leaves at most a `created` package, which downloads do not see.
 */
export async function registerPackage(
  context: RegistryContext,
  request: RegistrationRequest,
): Promise<RegistrationResult> {
  const { description, sources } = request;
  checkDescription(description);
  checkSources(request);
  refuseOwnFiles(context, sources);
  const rule = retentionRule(context, description.retentionClass);
  const targets = routeTargets(context, description.producer, description.retentionClass);
  let abandonedPackageId: string | undefined;
  for (let race = 0; race < RACES_MAX; race++) {
    const found = await lookUp(context, description);
    if (!(await storesAreOurs(context, targets, found.registryId))) continue;
    try {
      if (found.live?.status === "finalized") {
        return await confirmExisting(context, request, found.live, targets);
      }
      const unfinished = found.live === undefined ? undefined : await resumable(context, request, found.live);
      const written = await write(context, request, rule, targets, unfinished);
      return {
        packageId: written.packageId,
        manifestDigest: written.manifest.digest,
        fileCount: sources.length,
        totalBytes: totalBytes(request),
        reusedExisting: false,
        resumed: unfinished !== undefined,
        restored: [],
        ...(abandonedPackageId === undefined ? {} : { abandonedPackageId }),
      };
    } catch (error) {
      if (error instanceof ContentDiffers && found.live !== undefined) {
        await abandonUnfinished(
          context,
          found.live.id,
          `Another ingest of the same external id: ${error.message}`,
        );
        abandonedPackageId = found.live.id;
      } else if (!(error instanceof RaceLost || error instanceof ContentDiffers)) throw error;
    }
  }
  throw new ArtifactstoreError(
    "package_state",
    `Cannot register package ${quoteForTerminal(description.externalId ?? description.name)}: other processes keep changing it`,
  );
}

function write(
  context: RegistryContext,
  request: RegistrationRequest,
  rule: RetentionRule,
  targets: readonly StorageBackend[],
  unfinished: UnfinishedPackage | undefined,
) {
  return new PackageWriter(context, request, rule, targets).write(unfinished);
}

async function lookUp(
  context: RegistryContext,
  { producer, externalId }: PackageDescription,
): Promise<{ readonly registryId: string | undefined; readonly live: PackageRow | undefined }> {
  return context.database.read(async (reader) => ({
    registryId: await readRegistryId(reader),
    live: externalId === undefined ? undefined : await livePackageByExternalId(reader, producer, externalId),
  }));
}

/**
 * Throws `store_foreign` or `store_unowned`. Answers false if the registry had no id when it was looked up and has one
 * now: then another process made its first package meanwhile, and the mark on the store may be our own.
 */
async function storesAreOurs(
  context: RegistryContext,
  targets: readonly StorageBackend[],
  registryId: string | undefined,
): Promise<boolean> {
  try {
    await checkStores(targets, registryId);
    return true;
  } catch (error) {
    if (registryId === undefined && (await context.database.read(readRegistryId)) !== undefined) return false;
    throw error;
  }
}

/** What can be kept of an unfinished package. Throws `ContentDiffers` if it is about something else; `views_differ`. */
async function resumable(
  context: RegistryContext,
  request: RegistrationRequest,
  row: PackageRow,
): Promise<UnfinishedPackage> {
  const { description, sources } = request;
  if (!isDescribedAs(row, description)) throw new ContentDiffers("its description differs");
  const sizes = new Map(sources.map((source) => [source.path, source.sizeBytes]));
  const logged = new Map<string, FileRow>();
  const now = await context.database.read(async (reader) => {
    for await (const file of iterateFiles(reader, row.id)) logged.set(file.relative_path, file);
    const latest = await packageById(reader, row.id);
    // Another process has finalized or abandoned it since it was looked up.
    if (latest?.status !== "created") throw new RaceLost();
    await checkPackageViews(reader, latest, logged);
    return latest;
  });
  for (const file of logged.values()) {
    if (sizes.get(file.relative_path) !== file.size_bytes) {
      throw new ContentDiffers(`file ${quoteForTerminal(file.relative_path)} differs`);
    }
  }
  return { packageId: row.id, lastEventSequence: now.last_event_sequence, logged };
}

function isDescribedAs(row: PackageRow, description: PackageDescription): boolean {
  return (
    row.name === description.name &&
    row.subject === description.subject &&
    row.retention_class === description.retentionClass &&
    row.metadata_schema_slug === (description.metadataSchema?.slug ?? null) &&
    row.metadata_schema_digest === (description.metadataSchema?.digest ?? null) &&
    row.metadata === printCanonicalJson(description.metadata) &&
    row.provenance === printCanonicalJson(description.provenance)
  );
}
