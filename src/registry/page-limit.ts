import { ArtifactstoreError } from "../core/errors.ts";
import { LIST_ITEMS_DEFAULT, LIST_ITEMS_MAX } from "../core/limits.ts";

/** How many items a page may have. Throws `limit_exceeded`, and `invalid_input` for what is no number of items. */
export function checkPageLimit(limit: number = LIST_ITEMS_DEFAULT): number {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ArtifactstoreError("invalid_input", `Cannot list: "${limit}" is not a number of items from 1`);
  }
  if (limit > LIST_ITEMS_MAX) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot list: ${limit} items are more than ${LIST_ITEMS_MAX} a page`,
    );
  }
  return limit;
}
