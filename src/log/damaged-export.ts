import { ArtifactstoreError } from "../core/errors.ts";

/**
 * A log export that is refused where it breaks. The error's one field is the item's JSON Pointer into the sequence of
 * items: `/0` is the header, `/n` is event n.
 *
 * @param sequence of the event that is wrong, or the first that is missing
 * @param reason what is wrong with it
 */
export function damagedExport(sequence: number, reason: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError(
    "log_export_damaged",
    `Cannot import the log: the file breaks at sequence ${sequence}: ${reason}`,
    { cause, errors: [{ pointer: `/${sequence}`, message: reason }] },
  );
}
