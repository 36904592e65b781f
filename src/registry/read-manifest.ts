import { type ContentAddress, contentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { Manifest } from "../core/manifest.ts";
import { parseManifest } from "../core/parse-manifest.ts";
import { parseUuid } from "../core/uuid.ts";
import type { PackageRow } from "../db/view-tables.ts";
import { findPackageEvent } from "../log/find-event.ts";
import { packageById } from "../views/query-packages.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface StoredManifest {
  readonly row: PackageRow;
  readonly digest: ContentAddress;
  /** Canonical CBOR, as sealed. */
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/**
 * The sealed manifest of a package, from the log, its digest checked against its bytes and against the view. Throws
 * `invalid_input` for what is no id, `package_not_found`, `package_state` (never finalized), `log_damaged`.
 */
export async function readManifest(context: RegistryContext, packageId: string): Promise<StoredManifest> {
  parseUuid(packageId, "package id");
  const { row, event } = await context.database.read(async (reader) => ({
    row: await packageById(reader, packageId),
    event: await findPackageEvent(reader, packageId, "v1.package.finalized"),
  }));
  if (row === undefined) {
    throw new ArtifactstoreError(
      "package_not_found",
      `Cannot read manifest: there is no package "${packageId}"`,
    );
  }
  if (row.manifest_digest === null) {
    throw new ArtifactstoreError(
      "package_state",
      `Cannot read manifest: package "${packageId}" is ${row.status} and was never finalized`,
    );
  }
  if (event === undefined) {
    throw damaged(packageId, "the log has no event that finalized it");
  }
  const digest = contentAddress(context.blake3.hash(event.payload));
  if (digest !== contentAddress(event.payload_digest)) {
    throw damaged(packageId, `event ${event.sequence} does not have its payload digest`);
  }
  if (digest !== row.manifest_digest) {
    throw damaged(
      packageId,
      `event ${event.sequence} has manifest digest ${digest}, the view ${row.manifest_digest}`,
    );
  }
  return { row, digest, bytes: event.payload, manifest: parseManifest(event.payload) };
}

function damaged(packageId: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError("log_damaged", `Cannot read manifest of package "${packageId}": ${state}`);
}
