import type { TomlTable } from "smol-toml";
import { ArtifactstoreError, type FieldError } from "../core/errors.ts";
import { RETENTION_CLASS_MAX_LENGTH } from "../core/limits.ts";
import { suggestion } from "./closest-name.ts";
import { isTomlTable, readTomlFile } from "./toml-file.ts";

/** A named rule that gives a package its expiry. */
export interface RetentionClass {
  readonly name: string;
  /** Seconds; `undefined`: never expires. */
  readonly durationSeconds: number | undefined;
}

const DAY_SECONDS = 86_400;
/** 1,000 years of 365.2425 days: more is a mistake of unit. */
const DURATION_MAX_SECONDS = 31_556_952_000;
const CLASS_NAME = /^[a-z0-9][a-z0-9._-]*$/;
const NEVER_EXPIRES = "permanent-record";

export const DEFAULT_RETENTION_CLASSES: ReadonlyMap<string, RetentionClass> = classMap([
  ["transient", 7 * DAY_SECONDS],
  ["raw-evidence", 30 * DAY_SECONDS],
  ["summary-evidence", 365 * DAY_SECONDS],
  ["release-evidence", 2_555 * DAY_SECONDS],
  [NEVER_EXPIRES, undefined],
]);

/**
 * The classes in force: the known five, their durations changed and further ones added by `[classes.<name>]` tables
 * with `default_duration_seconds`. Dates that were already applied to packages never change by this.
 *
 * @throws ArtifactstoreError `configuration`, all problems in `errors`
 */
export async function loadRetentionClasses(
  path: string | undefined,
): Promise<ReadonlyMap<string, RetentionClass>> {
  return path === undefined
    ? DEFAULT_RETENTION_CLASSES
    : parseRetentionClasses(await readTomlFile(path), path);
}

function parseRetentionClasses(table: TomlTable, path: string): ReadonlyMap<string, RetentionClass> {
  const problems: FieldError[] = [];
  const merged = new Map(DEFAULT_RETENTION_CLASSES);
  for (const key of Object.keys(table)) {
    if (key !== "classes")
      problems.push({ pointer: `/${key}`, message: "is not known; [classes.<name>] tables are" });
  }
  const classes = table["classes"] ?? {};
  if (!isTomlTable(classes))
    problems.push({ pointer: "/classes", message: "must hold tables: [classes.<name>]" });
  for (const [name, entry] of isTomlTable(classes) ? Object.entries(classes) : []) {
    const parsed = parseClass(name, entry, problems);
    if (parsed !== undefined) merged.set(name, parsed);
  }
  if (problems.length > 0) {
    throw new ArtifactstoreError("configuration", `Cannot use retention classes of "${path}"`, {
      errors: problems,
    });
  }
  return merged;
}

function parseClass(name: string, entry: unknown, problems: FieldError[]): RetentionClass | undefined {
  const pointer = `/classes/${name}`;
  const refuse = (at: string, message: string): undefined => {
    problems.push({ pointer: at, message });
  };
  if (!CLASS_NAME.test(name) || name.length > RETENTION_CLASS_MAX_LENGTH) {
    return refuse(
      pointer,
      `a class's name has a-z, 0-9, dot, dash and underscore, at most ${RETENTION_CLASS_MAX_LENGTH} characters`,
    );
  }
  if (name === NEVER_EXPIRES) return refuse(pointer, "never expires and cannot be given a duration");
  if (!isTomlTable(entry)) return refuse(pointer, "must be a table");
  for (const key of Object.keys(entry)) {
    if (key !== "default_duration_seconds") {
      refuse(`${pointer}/${key}`, `is not known${suggestion(key, ["default_duration_seconds"])}`);
    }
  }
  const at = `${pointer}/default_duration_seconds`;
  const seconds = entry["default_duration_seconds"];
  if (seconds === undefined) return refuse(at, "is missing");
  if (typeof seconds === "bigint" || typeof seconds !== "number" || !Number.isInteger(seconds)) {
    return refuse(at, "must be a whole number of seconds");
  }
  if (seconds < 0) return refuse(at, `must not be negative, as ${seconds} is`);
  if (seconds > DURATION_MAX_SECONDS)
    return refuse(at, `must not exceed 1,000 years (${DURATION_MAX_SECONDS} seconds)`);
  return { name, durationSeconds: seconds };
}

function classMap(
  rows: readonly (readonly [string, number | undefined])[],
): ReadonlyMap<string, RetentionClass> {
  return new Map(rows.map(([name, durationSeconds]) => [name, { name, durationSeconds }]));
}
