import { ArtifactstoreError } from "../core/errors.ts";

/** The values of a repeatable flag of the form `key=value`. Throws `usage`, also for a key that is there twice. */
export function parsePairs(flag: string, form: string, texts: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at <= 0) {
      throw new ArtifactstoreError("usage", `Cannot read ${flag} "${text}": it is not of the form ${form}`);
    }
    const key = text.slice(0, at);
    if (pairs.has(key)) {
      throw new ArtifactstoreError("usage", `Cannot read ${flag} "${text}": "${key}" is there twice`);
    }
    pairs.set(key, text.slice(at + 1));
  }
  return pairs;
}
