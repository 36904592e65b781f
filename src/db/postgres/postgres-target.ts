import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import process from "node:process";
import { ArtifactstoreError } from "../../core/errors.ts";

/** How far a server is to be trusted, as libpq spells it (PostgreSQL documentation, section 34.19). */
const TLS_MODES = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;

export type TlsMode = (typeof TLS_MODES)[number];

/** PEM texts, read when the target is. */
export interface TlsFiles {
  /** Whom to trust instead of the runtime's own list. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Where a server is and as whom it is spoken to. */
export interface PostgresTarget {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tlsMode: TlsMode;
  readonly tlsFiles: TlsFiles;
  readonly applicationName: string;
  /** Command line options for the server's session, as in libpq: `-c search_path=registry`. */
  readonly options: string | undefined;
}

/** `ssl` is how the existing system spells `sslmode`. Each may be said once. */
const PARAMETERS = [
  ...["host", "port", "dbname", "user", "password", "application_name", "options"],
  ...["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey"],
];

const DEFAULT_PORT = 5432;

/**
 * Reads a `postgresql://` URL with the parameters that libpq has. User and password may come from `PGUSER` and
 * `PGPASSWORD` instead, so that a password need not stand in a configuration; how the server is to be trusted from
 * `PGSSLMODE` and `PGSSLROOTCERT`.
 *
 * Throws `configuration`; no message has the URL or a value that may be a secret.
 */
export function readPostgresTarget(url: string): PostgresTarget {
  const parsed = new URL(url);
  const given = parsed.searchParams;
  checkParameters(parsed);
  const user = decoded(parsed.username) || given.get("user") || process.env["PGUSER"] || userInfo().username;
  const rootCertificate = given.get("sslrootcert") ?? (process.env["PGSSLROOTCERT"] || undefined);
  const tlsMode = readTlsMode(given, rootCertificate);
  const host = decoded(parsed.hostname).replace(/^\[(.*)\]$/, "$1") || given.get("host") || "localhost";
  return {
    host,
    port: portNumber(parsed.port || given.get("port")),
    database: decoded(parsed.pathname.slice(1)) || given.get("dbname") || user,
    user,
    password: decoded(parsed.password) || given.get("password") || (process.env["PGPASSWORD"] ?? ""),
    // Nobody listens in on a Unix socket.
    tlsMode: host.startsWith("/") ? "disable" : tlsMode,
    tlsFiles: readTlsFiles(given, rootCertificate),
    applicationName: given.get("application_name") ?? "artifactstore",
    options: given.get("options") ?? undefined,
  };
}

/** For messages: where, not as whom. */
export function describeTarget({ host, port, database }: PostgresTarget): string {
  return `${host}:${port}/${database}`;
}

/** What is said twice may be meant either way. The server would end its reading of a value at a NUL. */
function checkParameters(url: URL): void {
  const said = [
    ...(url.username === "" ? [] : ["user"]),
    ...(url.password === "" ? [] : ["password"]),
    ...(url.hostname === "" ? [] : ["host"]),
    ...(url.port === "" ? [] : ["port"]),
    ...(url.pathname.length < 2 ? [] : ["dbname"]),
  ];
  for (const [name, value] of url.searchParams) {
    if (!PARAMETERS.includes(name)) {
      throw refused(`parameter "${name}" is not known; there are ${PARAMETERS.join(", ")}`);
    }
    const meant = name === "ssl" ? "sslmode" : name;
    if (said.includes(meant)) throw refused(`it has "${meant}" twice`);
    said.push(meant);
    if (value.includes("\0")) throw refused(`"${name}" has a NUL character`);
  }
  for (const part of [url.username, url.password, url.hostname, url.pathname]) {
    if (decoded(part).includes("\0")) throw refused("it has a NUL character");
  }
}

/** As in libpq, to trust everybody whom the runtime trusts is of no use unless the server's name is compared. */
function readTlsMode(given: URLSearchParams, rootCertificate: string | undefined): TlsMode {
  const system = rootCertificate === "system";
  const name = given.has("ssl") ? "ssl" : given.has("sslmode") ? "sslmode" : "PGSSLMODE";
  const mode = given.get(name) ?? (process.env["PGSSLMODE"] || (system ? "verify-full" : "prefer"));
  const tlsMode = TLS_MODES.find((known) => known === mode);
  if (tlsMode === undefined) throw refused(`"${name}" is none of ${TLS_MODES.join(", ")}`);
  if (system && tlsMode !== "verify-full" && tlsMode !== "disable") {
    throw refused(`"${tlsMode}" is too weak for "sslrootcert=system"; use "verify-full"`);
  }
  return tlsMode;
}

function readTlsFiles(given: URLSearchParams, rootCertificate: string | undefined): TlsFiles {
  const read = (name: string) => {
    const path = name === "sslrootcert" ? (rootCertificate ?? null) : given.get(name);
    if (path === null || path === "system") return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw refused(`file "${path}" of "${name}" cannot be read`, cause);
    }
  };
  const [ca, cert, key] = [read("sslrootcert"), read("sslcert"), read("sslkey")];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function portNumber(text: string | null): number {
  if (text === null || text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw refused('"port" is not a port');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw refused("it is not percent-encoded as a URL is", cause);
  }
}

function refused(problem: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("configuration", `Cannot use the URL of the database: ${problem}`, { cause });
}
