import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { checkMediaType } from "../core/media-type.ts";
import { checkPackagePath } from "../core/package-path.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { type IncomingBody, type ReceivedBody, receiveBody } from "../dataplane/receive-body.ts";
import { removeQuietly } from "../dataplane/store-blobs.ts";
import { addFiles, type ReceivingPlace, receivingPlace } from "./add-files.ts";
import { checkDocument } from "./package-description.ts";
import type { AddedFile } from "./place-file.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What a sender says of the bytes; each that is given must be so. */
export interface ExpectedBody {
  /** Hex. */
  readonly sha256?: string;
  readonly contentAddress?: string;
  /** Bytes. */
  readonly sizeBytes?: number;
}

export interface IncomingFile {
  readonly path: string;
  readonly mediaType?: string;
  readonly annotations?: JsonObject;
  readonly expected?: ExpectedBody;
  /** Bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/**
 * Receives one file and adds it to a package that is not finalized. What can be refused without the bytes is refused
 * before the first is read. Throws `digest_mismatch` when the bytes are not what the sender said, and what
 * `receivingPlace`, `receiveBody` and `addFiles` throw; then nothing of the file is left.
 */
export async function addFile(
  context: RegistryContext,
  packageId: string,
  file: IncomingFile,
  body: IncomingBody,
): Promise<AddedFile> {
  checkIncoming(file);
  const place = await receivingPlace(context, packageId);
  const received = await receiveFile(context, place, file, body);
  const { path, mediaType, annotations } = file;
  const ready = {
    ...received,
    path,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const [added] = await addFiles(context, packageId, [ready], place);
  if (added === undefined) throw new ArtifactstoreError("internal", "Cannot add file: nothing was added");
  return added;
}

/** What can be refused without the bytes. Throws `invalid_path`, `invalid_input`, `limit_exceeded`. */
export function checkIncoming({ path, mediaType, annotations }: IncomingFile): void {
  checkPackagePath(path);
  if (mediaType !== undefined) checkMediaType(mediaType);
  if (annotations !== undefined) checkDocument("annotations", annotations);
}

/** Its first half: the bytes are here whole and as announced. The caller gives them to `addFiles`, which owns the file. */
export async function receiveFile(
  context: RegistryContext,
  place: ReceivingPlace,
  { path, expected = {}, maxBytes, signal }: IncomingFile,
  body: IncomingBody,
): Promise<ReceivedBody> {
  const received = await receiveBody(context.threads, body, {
    smallMaxBytes: place.smallMaxBytes,
    temporaryPath: place.temporaryPath,
    maxBytes,
    name: path,
    collectGarbage: context.collectGarbage,
    ...(expected.sizeBytes === undefined ? {} : { expectedSize: expected.sizeBytes }),
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    checkExpected(path, received, expected);
  } catch (error) {
    if (received.temporaryPath !== undefined) removeQuietly(received.temporaryPath);
    throw error;
  }
  return received;
}

/** Throws `digest_mismatch`, naming everything that differs. */
export function checkExpected(
  path: string,
  received: Pick<ReceivedBody, "address" | "sha256" | "sizeBytes">,
  expected: ExpectedBody,
): void {
  const errors: FieldError[] = [];
  const compare = (pointer: string, declared: string | undefined, found: string) => {
    if (declared === undefined || declared === found) return;
    errors.push({ pointer, message: `was declared as ${quoteForTerminal(declared)} and is "${found}"` });
  };
  compare("/sha256", expected.sha256, received.sha256);
  compare("/content_address", expected.contentAddress, received.address);
  compare("/size_bytes", expected.sizeBytes?.toString(), String(received.sizeBytes));
  if (errors.length === 0) return;
  throw new ArtifactstoreError(
    "digest_mismatch",
    `Cannot add file ${quoteForTerminal(path)}: its bytes are not what was declared`,
    { errors },
  );
}
