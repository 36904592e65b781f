import { ArtifactstoreError, type ErrorCode } from "../../core/errors.ts";

/** SQLSTATE, whole or its class (PostgreSQL documentation, appendix A); the longer one wins. */
const CODE_OF_STATE: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["08", "database_unavailable"], // connection exception
  ["25006", "database_read_only"], // read_only_sql_transaction: a standby, or default_transaction_read_only
  ["25P03", "database_unavailable"], // idle_in_transaction_session_timeout
  ["25P04", "database_unavailable"], // transaction_timeout
  ["28", "database_unavailable"], // invalid authorization
  ["3D000", "database_unavailable"], // no such database
  ["3F000", "database_unavailable"], // no such schema
  ["40001", "database_busy"], // serialization_failure
  ["40P01", "database_busy"], // deadlock_detected
  ["42501", "configuration"], // insufficient_privilege, to read; see below
  ["53", "database_unavailable"], // insufficient resources
  ["53100", "storage_full"], // disk_full
  ["53300", "database_busy"], // too_many_connections
  ["55P03", "database_busy"], // lock_not_available
  ["57014", "database_busy"], // query_canceled: statement_timeout
  ["57P", "database_unavailable"], // operator intervention: shutdown, crash, starting up
  ["58", "database_unavailable"], // system error
  ["XX001", "database_corrupt"], // data_corrupted
  ["XX002", "database_corrupt"], // index_corrupted
]);

const INSUFFICIENT_PRIVILEGE = "42501";

/** The server is starting, or in recovery and not yet to be read. */
const CANNOT_CONNECT_NOW = "57P03";

const LOST = "the connection to the server was lost";

/** By the codes of the runtime and of the driver, whose own messages name system calls. */
const WORDS_OF_NETWORK: ReadonlyMap<string, string> = new Map([
  ["CONNECTION_CLOSED", LOST],
  ["CONNECTION_DESTROYED", LOST],
  ["CONNECTION_ENDED", LOST],
  ["ECONNRESET", LOST],
  ["EPIPE", LOST],
  ["CONNECT_TIMEOUT", "the server does not answer in time"],
  ["ETIMEDOUT", "the server does not answer in time"],
  ["ECONNREFUSED", "no server listens there (connection refused)"],
  ["ENOTFOUND", "there is no host of that name"],
  ["EAI_AGAIN", "the name of the host cannot be looked up at the moment"],
  ["EHOSTUNREACH", "there is no way to the host"],
  ["ENETUNREACH", "there is no way to the host"],
]);

/** Five digits or letters that the server gave; `undefined` for what went wrong on the way to it. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== "PostgresError") return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}

export function isStartingUp(error: unknown): boolean {
  return sqlState(error) === CANNOT_CONNECT_NOW;
}

export function isNotPermitted(error: unknown): boolean {
  return sqlState(error) === INSUFFICIENT_PRIVILEGE;
}

/**
 * Whether the server said that the statement failed and that it goes on: then what it did is undone. After anything
 * else (the connection went, the server is shutting down) a COMMIT may have been carried out.
 */
export function isServerVerdict(error: unknown): boolean {
  return sqlState(error) !== undefined && (error as { severity?: unknown }).severity === "ERROR";
}

/**
 * What crosses the seam. States that only a defect can bring about (bad SQL, a broken constraint) become `internal`.
 * The driver's messages name host and port, never the password.
 *
 * @param action what was tried, as in `Cannot ${action}: …`
 */
export function mapPostgresError(
  error: unknown,
  action: string,
  kind: "read" | "write" = "read",
): ArtifactstoreError {
  if (error instanceof ArtifactstoreError) return error;
  return new ArtifactstoreError(codeOf(error, kind), `Cannot ${action}: ${detailOf(error)}`, {
    cause: error,
  });
}

/** What the server said, in its words; what the network did, in ours. */
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isNotPermitted(error)) return `this role lacks a privilege: ${error.message}`;
  if (sqlState(error) !== undefined) return error.message;
  return WORDS_OF_NETWORK.get(String((error as { code?: unknown }).code)) ?? error.message;
}

function codeOf(error: unknown, kind: "read" | "write"): ErrorCode {
  const state = sqlState(error);
  if (state === undefined) return isOfNetwork(error) ? "database_unavailable" : "internal";
  if (state === INSUFFICIENT_PRIVILEGE && kind === "write") return "database_read_only";
  for (let length = state.length; length >= 2; length--) {
    const code = CODE_OF_STATE.get(state.slice(0, length));
    if (code !== undefined) return code;
  }
  return "internal";
}

/** Defects of the driver's caller have these codes, or none; all others are of the network, of TLS or of a login. */
const CODES_OF_DEFECTS = [
  "UNDEFINED_VALUE",
  "MAX_PARAMETERS_EXCEEDED",
  "NOT_TAGGED_CALL",
  "UNSAFE_TRANSACTION",
];

function isOfNetwork(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && !CODES_OF_DEFECTS.includes(code);
}
