import { basename } from "node:path";
import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { checkOwnership } from "../storage/ownership.ts";
import { backendTotals, findReferenced } from "../views/query-blobs.ts";
import { type BlobCheckOptions, type BlobsDiagnosis, checkBlobs, reportBlob } from "./doctor-blobs.ts";
import type { CheckFindings, DoctorFindings } from "./doctor-findings.ts";
import type { BackendInformation, Unreferenced } from "./doctor-report.ts";
import { MemoryRelief } from "./memory-relief.ts";
import type { RegistryContext } from "./registry-context.ts";
import { UnreferencedTally } from "./unreferenced-tally.ts";
import { uploadFileNames } from "./uploads/end-uploads.ts";

const NONE: Unreferenced = { count: 0, sizeBytes: 0, removable: 0 };

/** Every configured backend, and every other one that the log says holds something. */
export async function diagnoseBackends(
  context: RegistryContext,
  findings: DoctorFindings,
  options: BlobCheckOptions,
): Promise<Map<string, BackendInformation>> {
  const information = new Map<string, BackendInformation>();
  for (const backend of context.backends.values()) {
    information.set(backend.id, await diagnoseBackend(context, backend, findings, options));
  }
  await findings.run("blobs", undefined, (check) => checkUnconfigured(context, check));
  return information;
}

async function diagnoseBackend(
  context: RegistryContext,
  backend: StorageBackend,
  findings: DoctorFindings,
  options: BlobCheckOptions,
): Promise<BackendInformation> {
  const blobs: BlobsDiagnosis = { referencedBlobs: 0, referencedBytes: 0, orphans: NONE };
  let leftovers = NONE;
  await findings.run("ownership", backend.id, async () => {
    await checkOwnership(backend, await context.database.read(readRegistryId));
    return 1;
  });
  await findings.run("blobs", backend.id, (check) => checkBlobs(context, backend, check, blobs, options));
  if (backend.packing !== undefined) {
    await findings.run("container", backend.id, (check) => checkContainer(context, backend, check, options));
  }
  await findings.run("leftovers", backend.id, async () => {
    leftovers = await countLeftovers(context, backend);
    return leftovers.count;
  });
  return { ...blobs, leftovers };
}

/**
 * Reads the container whole. What it says of a blob that `deep` has read already was found there; what nothing refers
 * to is reported too, because a later ingest that finds such a blob at its right size would rely on it.
 */
async function checkContainer(
  context: RegistryContext,
  backend: StorageBackend,
  check: CheckFindings,
  options: BlobCheckOptions,
): Promise<number> {
  const relief = new MemoryRelief(context.collectGarbage);
  const isGenuine = (address: ContentAddress, bytes: Uint8Array) => {
    relief.add(1);
    return !options.deep || address === contentAddress(context.blake3.hash(bytes));
  };
  const problems = backend.packing?.check({
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    isGenuine,
  });
  for await (const { address, detail } of problems ?? []) {
    if (address === undefined) {
      check.report({ code: "store_damaged", detail });
      continue;
    }
    const referenced = await context.database.read((reader) => findReferenced(reader, backend.id, [address]));
    if (options.deep && referenced.has(address)) continue;
    await reportBlob(context, backend.id, address, { code: "blob_damaged", detail }, check);
  }
  return 1;
}

async function countLeftovers(context: RegistryContext, backend: StorageBackend): Promise<Unreferenced> {
  const tally = new UnreferencedTally(context.clock(), context.orphanGraceMs);
  const open = await uploadFileNames(context);
  for await (const leftover of backend.leftovers.list()) {
    if (!open.has(basename(leftover.name))) tally.add(leftover);
  }
  return tally.result();
}

/** Blobs on a backend that the configuration does not name cannot be looked at, which is a problem of its own. */
async function checkUnconfigured(context: RegistryContext, check: CheckFindings): Promise<number> {
  const totals = await context.database.read(backendTotals);
  for (const { backend_id: id, blobs } of totals) {
    if (context.backends.has(id)) continue;
    check.report({
      code: "configuration",
      detail: `backend "${id}" holds ${blobs} blobs and is not configured`,
    });
  }
  return totals.length;
}
