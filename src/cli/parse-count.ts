import { ArtifactstoreError } from "../core/errors.ts";

/** The whole number, from 0, that a flag was given. Throws `usage`. */
export function parseCount(flag: string, text: string): number {
  const count = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count)) {
    throw new ArtifactstoreError("usage", `Cannot read ${flag} "${text}": it is not a whole number from 0`);
  }
  return count;
}
