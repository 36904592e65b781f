import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { EncodedManifest } from "../core/manifest.ts";
import { ManifestDigester } from "../core/manifest-digester.ts";
import { parseUuid } from "../core/uuid.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { PackageRow } from "../db/view-tables.ts";
import { filesOfPackage } from "../views/query-files.ts";
import { packageById } from "../views/query-packages.ts";
import { describedPackage, manifestFileOf } from "./logged-manifest.ts";
import { packageEvent } from "./package-events.ts";
import { manifestParts } from "./package-manifest.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How often the files are read again because others were added meanwhile. */
const TRIES_MAX = 10;

export interface FinalizedPackage {
  readonly packageId: string;
  readonly manifestDigest: ContentAddress;
  readonly fileCount: number;
  /** Whether it was finalized before. */
  readonly existed: boolean;
}

/**
 * Seals a package: its manifest is made of what has been recorded, and nothing can be added any more. Sealing again
 * answers the same. Throws `package_not_found`; `package_state` for a package without files, or one that was
 * abandoned; `limit_exceeded`.
 *
 * The manifest is made outside the transaction, from a snapshot; the transaction checks that nothing came after it.
 */
export async function finalizePackage(
  context: RegistryContext,
  packageId: string,
): Promise<FinalizedPackage> {
  parseUuid(packageId, "package id");
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const draft = await context.database.read((reader) => draftManifest(context, reader, packageId));
    if ("existed" in draft) return draft;
    const { manifest, row } = draft;
    const events = await record(context, async ({ writer }) => {
      const now = await packageById(writer, packageId);
      if (now?.status !== "created" || now.last_event_sequence !== row.last_event_sequence) return [];
      return [{ ...packageEvent(packageId, "v1.package.finalized", {}), payload_bytes: manifest.bytes }];
    });
    if (events.length > 0) {
      return { packageId, manifestDigest: manifest.digest, fileCount: row.file_count, existed: false };
    }
  }
  throw stateError(packageId, "others keep changing it");
}

async function draftManifest(
  context: RegistryContext,
  reader: DatabaseReader,
  packageId: string,
): Promise<FinalizedPackage | { readonly manifest: EncodedManifest; readonly row: PackageRow }> {
  const row = await packageById(reader, packageId);
  if (row?.status === "finalized") {
    const manifestDigest = row.manifest_digest as ContentAddress;
    return { packageId, manifestDigest, fileCount: row.file_count, existed: true };
  }
  if (row === undefined) {
    throw new ArtifactstoreError(
      "package_not_found",
      `Cannot finalize package "${packageId}": there is none`,
    );
  }
  if (row.status !== "created") throw stateError(packageId, `it is ${row.status}`);
  if (row.file_count === 0) throw stateError(packageId, "there is no file in it");
  const digester = new ManifestDigester(context.blake3, row.file_count, true);
  for (let afterPath = ""; digester.count < row.file_count; ) {
    const page = await filesOfPackage(reader, packageId, { afterPath });
    const last = page.at(-1);
    if (last === undefined) break;
    digester.add(page.map(manifestFileOf));
    afterPath = last.relative_path;
  }
  return { manifest: digester.finish(manifestParts(describedPackage(row))), row };
}

function stateError(packageId: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError("package_state", `Cannot finalize package "${packageId}": ${state}`);
}
