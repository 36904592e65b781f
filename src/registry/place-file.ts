import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { mediaTypeForPath } from "../core/media-type.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { EventDraft } from "../log/event.ts";
import type { StorageBackend } from "../storage/blob-store.ts";
import { objectKey } from "../storage/layout.ts";
import { fileByPath, hasPathBelow } from "../views/query-files.ts";
import { locationId } from "./location-id.ts";
import { isLoggedAs } from "./logged-files.ts";
import { fileIngestedEvent } from "./package-events.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What is to become a file of a package. */
export interface FileToPlace {
  readonly path: string;
  readonly address: ContentAddress;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Otherwise the frozen extension table decides. */
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
}

export interface AddedFile {
  readonly fileId: string;
  readonly entry: ManifestFile;
  /** Whether the package had this very file already. */
  readonly existed: boolean;
}

/** What a package makes of a file, within the transaction that records it. Throws `path_conflict`. */
export async function placeFile(
  context: RegistryContext,
  reader: DatabaseReader,
  packageId: string,
  file: FileToPlace,
): Promise<AddedFile> {
  const entry = entryOf(file);
  const there = await fileByPath(reader, packageId, file.path);
  if (there === undefined) {
    await checkRoom(reader, packageId, file.path);
    return placeNewFile(context, file);
  }
  if (!isLoggedAs(there, entry)) throw conflict(file.path, "it is there with other content");
  return { fileId: there.id, entry, existed: true };
}

/** The same where it is known that nothing is in its way. */
export function placeNewFile(context: RegistryContext, file: FileToPlace): AddedFile {
  return { fileId: context.newId(), entry: entryOf(file), existed: false };
}

export function placedFileEvent(
  packageId: string,
  { fileId, entry }: AddedFile,
  targets: readonly StorageBackend[],
): EventDraft {
  const key = objectKey(entry.content_address as ContentAddress);
  return fileIngestedEvent(packageId, {
    fileId,
    entry,
    locations: targets.map(({ id }) => ({
      locationId: locationId(fileId, id),
      backendId: id,
      objectKey: key,
    })),
  });
}

/** A path is either a file or a directory: nothing lies below a file. */
async function checkRoom(reader: DatabaseReader, packageId: string, path: string): Promise<void> {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const ancestor = path.slice(0, end);
    if ((await fileByPath(reader, packageId, ancestor)) !== undefined) {
      throw conflict(path, `${quoteForTerminal(ancestor)} is a file`);
    }
  }
  if (await hasPathBelow(reader, packageId, path)) throw conflict(path, "it is a directory");
}

function entryOf({ path, address, sha256, sizeBytes, mediaType, annotations }: FileToPlace): ManifestFile {
  return {
    path,
    media_type: mediaType ?? mediaTypeForPath(path),
    size_bytes: sizeBytes,
    content_address: address,
    sha256,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

function conflict(path: string, rule: string): ArtifactstoreError {
  return new ArtifactstoreError("path_conflict", `Cannot add file ${quoteForTerminal(path)}: ${rule}`);
}
