import { ArtifactstoreError } from "../core/errors.ts";

/** Where the next page of a list of packages begins; good for one registry alone. */
export interface PackageCursor {
  readonly registryId: string;
  /** `created_event_sequence` of the last package of the page before. */
  readonly after: number;
}

/** `<registry id>.<sequence>`: callers hand it back as it is. */
const CURSOR = /^([0-9a-f-]{36})\.([1-9][0-9]{0,15})$/;

export function formatPackageCursor({ registryId, after }: PackageCursor): string {
  return `${registryId}.${after}`;
}

/**
 * @param registryId of the registry that is asked
 * @returns the sequence. Throws `invalid_input` for what is no cursor, or is another registry's
 */
export function parsePackageCursor(text: string, registryId: string | undefined): number {
  const [, owner, after] = (text.length <= 64 ? CURSOR.exec(text) : undefined) ?? [];
  if (owner === undefined || after === undefined) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot list packages: "${text.slice(0, 80)}" is not a cursor`,
    );
  }
  if (owner !== registryId) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot list packages: the cursor is of registry "${owner}", not of this one`,
    );
  }
  return Number(after);
}
