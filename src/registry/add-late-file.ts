import { ArtifactstoreError } from "../core/errors.ts";
import type { IncomingBody } from "../dataplane/receive-body.ts";
import { removeQuietly } from "../dataplane/store-blobs.ts";
import { checkIncoming, receiveFile } from "./add-file.ts";
import { addFiles, receivingPlace } from "./add-files.ts";
import type { AddedFile } from "./place-file.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What is known of a file once its bytes are here. */
export interface LateDescription {
  readonly path: string;
  readonly mediaType?: string;
}

/**
 * Adds a file of which the sender says only after its bytes what it is, as a form may. Throws what `addFile` throws, and
 * what `describe` does; then nothing of the file is left.
 *
 * @param body may be awaited: the bytes may come after something else
 * @param describe called once the bytes are here
 */
export async function addLateFile(
  context: RegistryContext,
  packageId: string,
  body: () => Promise<IncomingBody>,
  maxBytes: number,
  describe: () => Promise<LateDescription>,
): Promise<AddedFile> {
  const place = await receivingPlace(context, packageId);
  const received = await receiveFile(context, place, { path: "file", maxBytes }, await body());
  let description: LateDescription;
  try {
    description = await describe();
    checkIncoming({ ...description, maxBytes });
  } catch (error) {
    if (received.temporaryPath !== undefined) removeQuietly(received.temporaryPath);
    throw error;
  }
  const [added] = await addFiles(context, packageId, [{ ...received, ...description }], place);
  if (added === undefined) throw new ArtifactstoreError("internal", "Cannot add file: nothing was added");
  return added;
}
