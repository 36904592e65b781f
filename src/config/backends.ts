import type { FieldError } from "../core/errors.ts";
import { BACKEND_ID_MAX_LENGTH } from "../core/limits.ts";
import { isTomlTable } from "./toml-file.ts";

/** A named storage backend, `[backends.<name>]` in TOML. What its options mean is for its adapter to say. */
export interface BackendConfig {
  readonly name: string;
  /** The kind of adapter: `local`, `s3`. */
  readonly type: string;
  readonly options: ReadonlyMap<string, BackendOption>;
  /** Where relative paths among the options start: the directory of the configuration file. Absolute. */
  readonly baseDirectory: string;
}

export type BackendOption = string | number | boolean;

/** What routes can spell: no comma, equals sign, plus, colon or star. */
const BACKEND_NAME = /^[a-z0-9][a-z0-9._-]*$/;
/** Configured by settings of their own. */
const BUILT_IN = new Set(["local", "s3"]);

/** Adds what is wrong to `problems`; its pointers begin with `/backends`. */
export function parseBackends(
  table: unknown,
  baseDirectory: string,
  problems: FieldError[],
): BackendConfig[] {
  if (table === undefined) return [];
  if (!isTomlTable(table)) {
    problems.push({ pointer: "/backends", message: "must hold tables: [backends.<name>]" });
    return [];
  }
  const backends: BackendConfig[] = [];
  for (const [name, entry] of Object.entries(table)) {
    const backend = parseBackend(name, entry, baseDirectory, problems);
    if (backend !== undefined) backends.push(backend);
  }
  return backends;
}

function parseBackend(
  name: string,
  entry: unknown,
  baseDirectory: string,
  problems: FieldError[],
): BackendConfig | undefined {
  const pointer = `/backends/${name}`;
  const before = problems.length;
  if (!BACKEND_NAME.test(name) || name.length > BACKEND_ID_MAX_LENGTH) {
    problems.push({
      pointer,
      message: `a backend's name has a-z, 0-9, dot, dash and underscore, at most ${BACKEND_ID_MAX_LENGTH} characters`,
    });
  }
  if (BUILT_IN.has(name))
    problems.push({ pointer, message: `"${name}" is built in; its settings have names of their own` });
  if (!isTomlTable(entry)) {
    problems.push({ pointer, message: "must be a table" });
    return undefined;
  }
  const { type, ...rest } = entry;
  const options = new Map<string, BackendOption>();
  for (const [option, value] of Object.entries(rest)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      options.set(option, value);
    else problems.push({ pointer: `${pointer}/${option}`, message: "must be a text, a number or a boolean" });
  }
  if (typeof type !== "string" || type === "")
    problems.push({ pointer: `${pointer}/type`, message: "must be a text" });
  return problems.length > before ? undefined : { name, type: String(type), options, baseDirectory };
}
