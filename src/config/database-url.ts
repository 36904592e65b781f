import { resolve } from "node:path";

/** Where the registry is, as `ARTIFACTSTORE_DATABASE_URL` says. */
export type DatabaseLocation =
  | { readonly kind: "sqlite" /** Absolute. */; readonly path: string }
  | { readonly kind: "sqlite_memory" }
  | { readonly kind: "postgres" /** `postgresql://…`; may hold a password. */; readonly url: string };

const OLD_SQLITE = "sqlite+aiosqlite://";
const POSTGRES_SCHEMES = ["postgresql://", "postgres://", "postgresql+asyncpg://"] as const;

/**
 * Reads `sqlite:PATH`, `sqlite::memory:`, `postgres://…` and `postgresql://…`, and the spellings of the existing
 * system: `sqlite+aiosqlite:///relative`, `sqlite+aiosqlite:////absolute`, `postgresql+asyncpg://…`.
 *
 * Answers a text that says what is wrong when it cannot; that text never holds the URL, which may hold a password.
 *
 * @param baseDirectory what a relative path starts from
 */
export function parseDatabaseUrl(
  text: string,
  baseDirectory: string,
): DatabaseLocation | { problem: string } {
  if (text === "sqlite::memory:" || text === `${OLD_SQLITE}/:memory:` || text === OLD_SQLITE) {
    return { kind: "sqlite_memory" };
  }
  if (text.startsWith(OLD_SQLITE)) return oldSqlite(text.slice(OLD_SQLITE.length), baseDirectory);
  if (text.startsWith("sqlite://")) {
    return {
      problem:
        'a path follows "sqlite:" without slashes of its own: "sqlite:./relative" or "sqlite:/absolute"',
    };
  }
  if (text.startsWith("sqlite:")) return sqlite(text.slice("sqlite:".length), baseDirectory);
  const scheme = POSTGRES_SCHEMES.find((candidate) => text.startsWith(candidate));
  if (scheme !== undefined) return postgres(`postgresql://${text.slice(scheme.length)}`);
  return { problem: 'it begins with none of "sqlite:", "postgresql://", "postgres://"' };
}

/** For people: without the password. */
export function printDatabaseLocation(location: DatabaseLocation): string {
  switch (location.kind) {
    case "sqlite":
      return `sqlite:${location.path}`;
    case "sqlite_memory":
      return "sqlite::memory:";
    case "postgres":
      return maskUrl(location.url);
  }
}

const SECRET_PARAMETER = /pass|secret|token|key/i;

/** A URL without its password and without parameters that look like one. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return "***";
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  for (const name of url.searchParams.keys()) {
    if (SECRET_PARAMETER.test(name)) url.searchParams.set(name, "***");
  }
  return url.toString();
}

/** After `sqlite+aiosqlite://`: a third slash, then a path; relative unless a fourth slash begins it. */
function oldSqlite(rest: string, baseDirectory: string): DatabaseLocation | { problem: string } {
  if (!rest.startsWith("/"))
    return { problem: "three slashes and a relative path, or four and an absolute one, are expected" };
  if (rest.includes("?")) return { problem: "parameters of the old spelling are not understood" };
  return sqlite(rest.slice(1), baseDirectory);
}

function sqlite(path: string, baseDirectory: string): DatabaseLocation | { problem: string } {
  if (path === "" || path.includes("\0")) return { problem: "the path of the database file is missing" };
  if (path.startsWith(":")) return { problem: 'the only special name is "sqlite::memory:"' };
  if (path.endsWith("/")) return { problem: "the path names a directory, not a file" };
  return { kind: "sqlite", path: resolve(baseDirectory, path) };
}

function postgres(url: string): DatabaseLocation | { problem: string } {
  if (!URL.canParse(url)) return { problem: "it is not a URL" };
  return { kind: "postgres", url };
}
