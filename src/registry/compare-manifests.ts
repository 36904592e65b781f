import { printCanonicalJson } from "../core/canonical-json.ts";
import type { JsonObject, JsonValue } from "../core/cbor-value.ts";
import type { FieldError } from "../core/errors.ts";
import { appendPointer } from "../core/json-pointer.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import type { Manifest, ManifestFile } from "../core/manifest.ts";
import { escapeForTerminal } from "../core/terminal-text.ts";

/** What one manifest has and the other has not. */
export interface ManifestDifferences {
  /** In all; `listed` is cut at a limit. */
  readonly count: number;
  readonly listed: readonly FieldError[];
}

/** Names every difference from `stored` to `found`: files by their path, everything else by JSON Pointer. */
export function compareManifests(stored: Manifest, found: Manifest): ManifestDifferences {
  let count = 0;
  const listed: FieldError[] = [];
  const add = (pointer: string, message: string) => {
    count += 1;
    if (listed.length < ERRORS_LISTED_MAX) listed.push({ pointer, message });
  };
  compareFiles(stored.files, found.files, add);
  compareValues(
    "/package",
    stored.package as unknown as JsonValue,
    found.package as unknown as JsonValue,
    add,
  );
  compareValues("/provenance", stored.provenance, found.provenance, add);
  compareValues("/retention_summary", stored.retention_summary, found.retention_summary, add);
  return { count, listed };
}

type Add = (pointer: string, message: string) => void;

function compareFiles(stored: readonly ManifestFile[], found: readonly ManifestFile[], add: Add): void {
  const before = new Map(stored.map((file) => [file.path, file]));
  for (const file of found) {
    const known = before.get(file.path);
    before.delete(file.path);
    const path = escapeForTerminal(file.path);
    if (known === undefined) add(path, "is not in the stored package");
    else if (known.content_address !== file.content_address) {
      add(path, `is stored as ${known.content_address} and is ${file.content_address} now`);
    } else if (printCanonicalJson(known) !== printCanonicalJson(file)) {
      add(path, `is stored as ${known.media_type} and is ${file.media_type} now`);
    }
  }
  for (const path of before.keys()) add(escapeForTerminal(path), "is in the stored package and missing now");
}

function compareValues(pointer: string, stored: JsonValue, found: JsonValue, add: Add): void {
  if (isObject(stored) && isObject(found)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(found)])) {
      const below = appendPointer(pointer, key);
      const before = stored[key];
      const after = found[key];
      if (before === undefined) add(below, "is not in the stored package");
      else if (after === undefined) add(below, "is in the stored package and missing now");
      else compareValues(below, before, after, add);
    }
    return;
  }
  if (printCanonicalJson(stored) !== printCanonicalJson(found))
    add(pointer, "differs from the stored package");
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
