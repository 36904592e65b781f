import { resolve } from "node:path";

/** Where the registry is, as `ARTIFACTSTORE_DATABASE_URL` says. */
export type DatabaseLocation =
  | { readonly kind: "sqlite" /** Absolute. */; readonly path: string }
  | { readonly kind: "sqlite_memory" }
  | { readonly kind: "postgres" /** `postgresql://…`; may hold a password. */; readonly url: string };

const MASK = "***";
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

/** For people: without secrets. */
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

/** A URL without whatever may be a secret: user and password, every parameter's value (signed URLs), the fragment. */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    url.username = MASK;
    url.password = "";
  }
  const parameters = url.search === "" ? [] : url.search.slice(1).split("&");
  url.search = parameters.map(maskParameter).join("&");
  if (url.hash !== "") url.hash = MASK;
  return url.toString();
}

/** A parameter without a value may be the secret itself. */
function maskParameter(parameter: string): string {
  const nameEnd = parameter.indexOf("=");
  return nameEnd > 0 ? `${parameter.slice(0, nameEnd)}=${MASK}` : MASK;
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
