import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { ArtifactstoreError, type FieldError } from "../../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../../core/limits.ts";
import { brokenPathRule } from "../../core/package-path.ts";
import { escapeForTerminal, quoteForTerminal } from "../../core/terminal-text.ts";
import { readDeclaration } from "./declaration.ts";
import { firstField, isJsonArray, isJsonObject, textField } from "./json-fields.ts";
import { ASSESSMENT_PACKAGE_PATH } from "./run-documents.ts";
import type { Declaration } from "./run-plan.ts";

const PATH_KEYS = ["path", "ref", "artifact_ref", "relative_path"];

/**
 * The files that the assessment package declares, by path. Its `artifact_manifest` is a list, an object with lists
 * inside, or an object by path; an entry is a path, or an object with the path and what is known of the file.
 *
 * Throws `invalid_path`, naming every path that leads out of the run or breaks the rules of package paths, and
 * `digest_mismatch` where the package contradicts itself about one file.
 *
 * @param runDirectory the run's own directory: an absolute path below it is taken as relative
 */
export function declaredFiles(
  assessmentPackage: JsonObject,
  runDirectory: string,
  warnings: string[],
): ReadonlyMap<string, Declaration> {
  const declared = new Map<string, Declaration>();
  const errors: FieldError[] = [];
  const inside = `${runDirectory}/`;
  for (const [stated, entry] of entriesOf(firstField(assessmentPackage, ["artifact_manifest"]))) {
    if (stated === undefined) {
      warnings.push(`"${ASSESSMENT_PACKAGE_PATH}" declares an artifact without a path: it is not checked`);
      continue;
    }
    const path = runRelative(stated, inside);
    const rule = pathFault(path);
    if (rule !== undefined) {
      errors.push({ pointer: escapeForTerminal(stated), message: rule });
      continue;
    }
    const declaration = readDeclaration(path, entry, warnings);
    const known = declared.get(path);
    declared.set(path, known === undefined ? declaration : merge(path, known, declaration));
  }
  const first = errors[0];
  if (first !== undefined) {
    throw new ArtifactstoreError(
      "invalid_path",
      `Cannot read guide-board run: "${ASSESSMENT_PACKAGE_PATH}" declares ${quoteForTerminal(first.pointer)}, which ${first.message}`,
      { errors: errors.slice(0, ERRORS_LISTED_MAX) },
    );
  }
  return declared;
}

type Entry = readonly [path: string | undefined, entry: JsonValue];

function entriesOf(manifest: JsonValue | undefined): readonly Entry[] {
  if (isJsonArray(manifest)) return manifest.map((entry) => [pathOf(entry), entry] as const);
  if (!isJsonObject(manifest)) return [];
  const lists = Object.values(manifest).filter(isJsonArray);
  if (lists.length > 0) return lists.flatMap((list) => list.map((entry) => [pathOf(entry), entry] as const));
  // By path: the members are objects, or digests. Others are facts about the list as a whole.
  return Object.entries(manifest).flatMap(([key, entry]): Entry[] => {
    if (isJsonObject(entry)) return [[pathOf(entry) ?? key, entry]];
    return typeof entry === "string" && key.includes("/") ? [[key, { digest: entry }]] : [];
  });
}

function pathOf(entry: JsonValue): string | undefined {
  if (typeof entry === "string") return entry;
  return isJsonObject(entry) ? textField(entry, PATH_KEYS) : undefined;
}

function runRelative(stated: string, inside: string): string {
  const path = stated.startsWith(inside) ? stated.slice(inside.length) : stated;
  return path.startsWith("./") ? path.slice(2) : path;
}

function pathFault(path: string): string | undefined {
  if (path.startsWith("/") || path === ".." || path.startsWith("../")) return "lies outside of the run";
  const rule = brokenPathRule(path);
  return rule === undefined ? undefined : `is no package path: ${rule}`;
}

function merge(path: string, known: Declaration, other: Declaration): Declaration {
  const contradiction = (["sha256", "blake3", "sizeBytes"] as const).find(
    (key) => known[key] !== undefined && other[key] !== undefined && known[key] !== other[key],
  );
  if (contradiction === undefined) return { ...known, ...other };
  throw new ArtifactstoreError(
    "digest_mismatch",
    `Cannot read guide-board run: "${ASSESSMENT_PACKAGE_PATH}" declares ${quoteForTerminal(path)} twice with different contents`,
  );
}
