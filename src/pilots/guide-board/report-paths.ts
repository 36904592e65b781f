import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError } from "../../core/errors.ts";
import { appendPointer } from "../../core/json-pointer.ts";
import { ERRORS_LISTED_MAX } from "../../core/limits.ts";
import { brokenPathRule } from "../../core/package-path.ts";
import { setMember } from "../../core/plain-object.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import { firstField, isJsonArray, isJsonObject } from "./json-fields.ts";
import type { RunFiles } from "./run-documents.ts";

/**
 * Report paths as a manifest can hold them: relative to the run. An absolute one is made so by its longest end that
 * names a file of the run. The directory's own place is deliberately not consulted: the same run, moved or copied,
 * must give the same manifest.
 *
 * Throws `invalid_path` naming every path that cannot be made relative, leads out of the run or breaks a rule.
 *
 * @param stated texts in an object or a list; an entry may also be an object with its path inside
 */
export function relativeReportPaths(stated: JsonValue, files: RunFiles): JsonValue {
  const errors: FieldError[] = [];

  function relative(path: string, pointer: string): string {
    if (isWebAddress(path)) return path;
    const answer = isAbsolute(path) ? longestKnownEnd(path, files) : path.replace(/^(?:\.\/)+/, "");
    const rule = answer === undefined ? "is absolute and names no file of the run" : pathFault(answer);
    if (answer !== undefined && rule === undefined) return answer;
    errors.push({ pointer, message: `${quoteForTerminal(path)} ${rule}` });
    return path;
  }

  function visit(value: JsonValue, pointer: string): JsonValue {
    if (typeof value === "string") return relative(value, pointer);
    if (isJsonArray(value))
      return value.map((item, index) => visitEntry(item, appendPointer(pointer, index)));
    if (!isJsonObject(value)) return value;
    return mapMembers(value, (key, member) => visitEntry(member, appendPointer(pointer, key)));
  }

  function visitEntry(entry: JsonValue, pointer: string): JsonValue {
    if (!isJsonObject(entry) || firstField(entry, PATH_KEYS) === undefined) return visit(entry, pointer);
    return mapMembers(entry, (key, member) =>
      PATH_KEYS.includes(key) && typeof member === "string"
        ? relative(member, appendPointer(pointer, key))
        : member,
    );
  }

  const result = visit(stated, "/report_paths");
  const first = errors[0];
  if (first === undefined) return result;
  throw new ArtifactstoreError("invalid_path", `Cannot read guide-board run: report path ${first.message}`, {
    errors: errors.slice(0, ERRORS_LISTED_MAX),
  });
}

/** For a run that states none: the files in `reports/`, in order. */
export function foundReportPaths(files: RunFiles): readonly string[] {
  return [...files.keys()].filter((path) => path.startsWith("reports/"));
}

const PATH_KEYS: readonly string[] = ["path", "ref", "artifact_ref", "relative_path"];

function mapMembers(object: JsonObject, map: (key: string, member: JsonValue) => JsonValue): JsonObject {
  const result: Record<string, JsonValue> = {};
  for (const [key, member] of Object.entries(object)) setMember(result, key, map(key, member));
  return result;
}

function isWebAddress(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || path.startsWith("\\\\") || /^(?:file:|[A-Za-z]:[\\/])/i.test(path);
}

function longestKnownEnd(path: string, files: RunFiles): string | undefined {
  const segments = path.split(path.startsWith("/") ? "/" : /[\\/]/);
  for (let start = 1; start < segments.length; start++) {
    const end = segments.slice(start).join("/");
    if (files.has(end)) return end;
  }
  return undefined;
}

function pathFault(path: string): string | undefined {
  if (path === ".." || path.startsWith("../")) return "leads out of the run";
  const rule = brokenPathRule(path);
  return rule === undefined ? undefined : `is no package path: ${rule}`;
}
