import type { ContentAddress } from "../core/content-address.ts";
import type { FileRow } from "../db/view-tables.ts";
import type { EventDraft } from "../log/event.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { objectKey } from "../storage/layout.ts";
import { countLiveLocations, iterateFiles, pathsLocatedOn } from "../views/query-locations.ts";
import { packageById } from "../views/query-packages.ts";
import { checkPackageViews } from "./check-package-views.ts";
import { type ExpectedBlob, ensureStored } from "./ensure-stored.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { locationId } from "./location-id.ts";
import { claimStores } from "./own-stores.ts";
import { packageEvent } from "./package-events.ts";
import { record } from "./record.ts";
import type { RegistrationSource, RestoredCopy } from "./registration.ts";
import { LeaseLost, RaceLost } from "./registration-errors.ts";
import type { RegistryContext } from "./registry-context.ts";

interface Gap {
  readonly expected: ExpectedBlob<RegistrationSource>;
  readonly target: StorageBackend;
  readonly cause: RestoredCopy["cause"];
}

/**
 * Stores again, from a source whose digests were just found equal, every copy of a finalized package's blobs that a
 * target of the route has lost, holds short, or never had. Each such copy is recorded by one event.
 *
 * @param lost by backend, the paths whose blobs it does not hold at their size
 */
export async function restoreCopies(
  context: RegistryContext,
  packageId: string,
  targets: readonly StorageBackend[],
  expected: readonly ExpectedBlob<RegistrationSource>[],
  lost: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<RestoredCopy[]> {
  const gaps: Gap[] = [];
  for (const target of targets) {
    const located = await locatedPaths(context, packageId, target.id, expected.length);
    for (const entry of expected) {
      const known = located === "all" || located.has(entry[0].path);
      if (!known) gaps.push({ expected: entry, target, cause: "routed" });
      else if (lost.get(target.id)?.has(entry[0].path) === true)
        gaps.push({ expected: entry, target, cause: "restored" });
    }
  }
  if (gaps.length === 0) return [];
  await claimStores(context, targets);
  const leases = new LeaseKeeper(context);
  try {
    for (;;) {
      try {
        await fillGaps(context, packageId, gaps, leases);
        break;
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error;
      }
    }
  } finally {
    await leases.close();
  }
  return gaps.map(({ expected: [source, contentAddress], target, cause }) => ({
    path: source.path,
    backendId: target.id,
    contentAddress,
    cause,
  }));
}

/** Paths of files that have a live location on the backend; `all` saves the list where none is without. */
async function locatedPaths(
  context: RegistryContext,
  packageId: string,
  backendId: string,
  fileCount: number,
): Promise<ReadonlySet<string> | "all"> {
  return context.database.read(async (reader) => {
    if ((await countLiveLocations(reader, packageId, backendId)) === fileCount) return "all";
    return await pathsLocatedOn(reader, packageId, backendId);
  });
}

async function fillGaps(
  context: RegistryContext,
  packageId: string,
  gaps: readonly Gap[],
  leases: LeaseKeeper,
): Promise<void> {
  const addresses = [...new Set(gaps.map((gap) => gap.expected[1]))];
  const lease = await leases.take(addresses);
  for (const target of new Set(gaps.map((gap) => gap.target))) {
    const wanted = gaps.filter((gap) => gap.target === target).map((gap) => gap.expected);
    await ensureStored(context, [target], wanted);
  }
  await record(context, async ({ writer }) => {
    const row = await packageById(writer, packageId);
    if (row?.status !== "finalized") throw new RaceLost();
    if (!(await leases.release(writer, lease))) throw new LeaseLost();
    const byPath = new Map<string, FileRow>();
    for await (const file of iterateFiles(writer, packageId)) byPath.set(file.relative_path, file);
    await checkPackageViews(writer, row, byPath);
    return gaps.flatMap((gap) => locationAdded(packageId, gap, byPath.get(gap.expected[0].path)));
  });
  leases.forget(lease);
}

function locationAdded(packageId: string, gap: Gap, file: FileRow | undefined): EventDraft[] {
  if (file === undefined) return [];
  const address: ContentAddress = gap.expected[1];
  return [
    packageEvent(packageId, "v1.storage.location_added", {
      file_id: file.id,
      location_id: locationId(file.id, gap.target.id),
      backend_id: gap.target.id,
      content_address: address,
      object_key: objectKey(address),
      size_bytes: file.size_bytes,
      cause: gap.cause,
    }),
  ];
}
