import type { DatabaseLocation } from "./database-url.ts";
import type { LogLevel } from "./log-level.ts";

/** The TypeScript value of each type of setting. Units are in the names of the settings. */
export interface SettingValues {
  text: string;
  secret: string;
  path: string;
  url: string;
  database_url: DatabaseLocation;
  routes: string;
  /** Where a secret lies: `env:NAME` or `file:/path`; never the secret. */
  secret_reference: string;
  boolean: boolean;
  port: number;
  /** A whole number, from 0. */
  integer: number;
  /** From 0 to what timers and servers can count, 2^31 - 1. */
  milliseconds: number;
  log_level: LogLevel;
}

export type SettingType = keyof SettingValues;

export interface SettingDefinition {
  /** As the environment, `.env` and the documentation spell it. */
  readonly name: string;
  readonly type: SettingType;
  /** As the environment would spell it. A setting without a default is absent until it is set. */
  readonly default?: string;
  /** The flag that every command takes for it. */
  readonly flag?: string;
  readonly doc: string;
}

/**
 * Every setting there is. This one table drives parsing, the sources, masking, `artifactstore config` and
 * `docs/configuration.md`. A TOML file spells the names in lower case and without the prefix: `storage_local_root`.
 */
export const SETTINGS = {
  config: {
    name: "ARTIFACTSTORE_CONFIG",
    type: "path",
    flag: "config",
    doc: "TOML file with settings and further backends; it cannot name another one",
  },
  databaseUrl: {
    name: "ARTIFACTSTORE_DATABASE_URL",
    type: "database_url",
    default: "sqlite:./var/artifactstore.db",
    flag: "database-url",
    doc: "Where the registry is: `sqlite:PATH`, `sqlite::memory:`, `postgresql://…`; old spellings are understood",
  },
  sqliteBusyTimeoutMs: {
    name: "ARTIFACTSTORE_SQLITE_BUSY_TIMEOUT_MS",
    type: "milliseconds",
    default: "60000",
    doc: "How long a writer waits for another one that holds the SQLite database, in milliseconds",
  },
  postgresPoolMax: {
    name: "ARTIFACTSTORE_POSTGRES_POOL_MAX",
    type: "integer",
    default: "5",
    doc: "Connections of one process to PostgreSQL at once; at least 2 are taken",
  },
  postgresConnectTimeoutMs: {
    name: "ARTIFACTSTORE_POSTGRES_CONNECT_TIMEOUT_MS",
    type: "milliseconds",
    default: "10000",
    doc: "How long PostgreSQL may take to answer, or to start up, before it counts as down, in milliseconds; 0 = as long as it takes",
  },
  postgresStatementTimeoutMs: {
    name: "ARTIFACTSTORE_POSTGRES_STATEMENT_TIMEOUT_MS",
    type: "milliseconds",
    default: "900000",
    doc: "How long one statement may run in PostgreSQL, in milliseconds; 0 = as long as it takes",
  },
  postgresLockTimeoutMs: {
    name: "ARTIFACTSTORE_POSTGRES_LOCK_TIMEOUT_MS",
    type: "milliseconds",
    default: "60000",
    doc: "How long a writer waits for another one in PostgreSQL, in milliseconds; 0 = as long as it takes",
  },
  postgresIdleTimeoutMs: {
    name: "ARTIFACTSTORE_POSTGRES_IDLE_TIMEOUT_MS",
    type: "milliseconds",
    default: "300000",
    doc: "How long a transaction in PostgreSQL may stand still before the server ends it, so that a program that hangs blocks nobody, in milliseconds; 0 = for ever",
  },
  storageLocalRoot: {
    name: "ARTIFACTSTORE_STORAGE_LOCAL_ROOT",
    type: "path",
    default: "./var/storage",
    flag: "storage-local-root",
    doc: "Directory of the backend `local`",
  },
  storageLocalPackMaxBytes: {
    name: "ARTIFACTSTORE_STORAGE_LOCAL_PACK_MAX_BYTES",
    type: "integer",
    default: "65536",
    doc: "Blobs up to this size go into the container `small.db`, in bytes; 0 = none",
  },
  storageBackendRoutes: {
    name: "ARTIFACTSTORE_STORAGE_BACKEND_ROUTES",
    type: "routes",
    default: "*:*=local",
    doc: "`producer:retention_class=backend`, comma-separated, the first match wins, `*` matches all, `a+b` writes to both",
  },
  ingestThreads: {
    name: "ARTIFACTSTORE_INGEST_THREADS",
    type: "integer",
    default: "0",
    doc: "Threads that read and hash files; 0 = one more than there are cores",
  },
  retentionConfigPath: {
    name: "ARTIFACTSTORE_RETENTION_CONFIG_PATH",
    type: "path",
    doc: "TOML file that changes the durations of retention classes and adds classes",
  },
  retentionSweepIntervalSeconds: {
    name: "ARTIFACTSTORE_RETENTION_SWEEP_INTERVAL_SECONDS",
    type: "integer",
    default: "3600",
    doc: "How often `serve` sweeps, in seconds; 0 = never; not used by this version",
  },
  orphanGraceSeconds: {
    name: "ARTIFACTSTORE_ORPHAN_GRACE_SECONDS",
    type: "integer",
    default: "86400",
    doc: "How old an unreferenced blob must be before it may be removed, in seconds",
  },
  actor: {
    name: "ARTIFACTSTORE_ACTOR",
    type: "text",
    flag: "actor",
    doc: "Who is recorded in the event log; absent: `local:<user>`",
  },
  guideBoardSchema: {
    name: "ARTIFACTSTORE_GUIDE_BOARD_SCHEMA",
    type: "path",
    doc: "A schema file in place of the embedded `guide-board.run.v1`",
  },
  logLevel: {
    name: "ARTIFACTSTORE_LOG_LEVEL",
    type: "log_level",
    default: "info",
    doc: "`error`, `warn`, `info` or `debug`; `debug` adds stack traces",
  },
  host: {
    name: "ARTIFACTSTORE_HOST",
    type: "text",
    default: "127.0.0.1",
    flag: "host",
    doc: "Address that `serve` listens on",
  },
  port: {
    name: "ARTIFACTSTORE_PORT",
    type: "port",
    default: "8000",
    flag: "port",
    doc: "Port that `serve` listens on; 0 = any that is free",
  },
  authTokens: {
    name: "ARTIFACTSTORE_AUTH_TOKENS",
    type: "secret",
    doc: "Tokens that `serve` accepts, comma or newline separated: `[actor[;scopes[;producer]]=]secret`, scopes joined by `+`, the secret as it is or as `sha256:<hex>`",
  },
  authTokensFile: {
    name: "ARTIFACTSTORE_AUTH_TOKENS_FILE",
    type: "path",
    doc: "A file with further tokens of the same form, one a line; read again on SIGHUP",
  },
  anonRead: {
    name: "ARTIFACTSTORE_ANON_READ",
    type: "boolean",
    default: "false",
    doc: "Whether `serve` answers reads without a token",
  },
  metricsPort: {
    name: "ARTIFACTSTORE_METRICS_PORT",
    type: "port",
    doc: "A port of its own, on the same address, on which `serve` answers `/metrics` to everybody",
  },
  uploadMaxBytes: {
    name: "ARTIFACTSTORE_UPLOAD_MAX_BYTES",
    type: "integer",
    default: "1099511627776",
    doc: "What `serve` takes as one file, in bytes",
  },
  archiveMaxBytes: {
    name: "ARTIFACTSTORE_ARCHIVE_MAX_BYTES",
    type: "integer",
    default: "1099511627776",
    doc: "What `serve` takes as one tar archive, in bytes",
  },
  uploadsMax: {
    name: "ARTIFACTSTORE_UPLOADS_MAX",
    type: "integer",
    default: "256",
    doc: "Requests with bytes of files that `serve` works on at once; one more is answered 429",
  },
  bodyTimeoutSeconds: {
    name: "ARTIFACTSTORE_BODY_TIMEOUT_SECONDS",
    type: "integer",
    default: "60",
    doc: "How long the body of a request may pause before `serve` gives it up, in seconds",
  },
  bodyMinBytesPerSecond: {
    name: "ARTIFACTSTORE_BODY_MIN_BYTES_PER_SECOND",
    type: "integer",
    default: "256",
    doc: "How fast a body must arrive in the mean once it has taken that long, in bytes a second",
  },
  idleTimeoutSeconds: {
    name: "ARTIFACTSTORE_IDLE_TIMEOUT_SECONDS",
    type: "integer",
    default: "120",
    doc: "After how long without a byte `serve` closes a connection, in seconds; at most 255",
  },
  shutdownGraceSeconds: {
    name: "ARTIFACTSTORE_SHUTDOWN_GRACE_SECONDS",
    type: "integer",
    default: "30",
    doc: "How long `serve` lets requests finish once it is asked to end, in seconds",
  },
  apiUrl: {
    name: "ARTIFACTSTORE_API_URL",
    type: "url",
    doc: "A server that commands work through unless told otherwise by `--local`; `guide-board ingest` only where `--api` names it",
  },
  apiToken: {
    name: "ARTIFACTSTORE_API_TOKEN",
    type: "secret",
    doc: "The token for that server",
  },
  s3EndpointUrl: {
    name: "ARTIFACTSTORE_S3_ENDPOINT_URL",
    type: "url",
    doc: "Endpoint of the backend `s3`; not used by this version",
  },
  s3Region: { name: "ARTIFACTSTORE_S3_REGION", type: "text", doc: "Its region; not used by this version" },
  s3Bucket: { name: "ARTIFACTSTORE_S3_BUCKET", type: "text", doc: "Its bucket; not used by this version" },
  s3KeyPrefix: {
    name: "ARTIFACTSTORE_S3_KEY_PREFIX",
    type: "text",
    doc: "Prefix of its keys; not used by this version",
  },
  s3AccessKeyRef: {
    name: "ARTIFACTSTORE_S3_ACCESS_KEY_REF",
    type: "secret_reference",
    doc: "Where its access key is: `env:NAME` or `file:/path`; not used by this version",
  },
  s3SecretKeyRef: {
    name: "ARTIFACTSTORE_S3_SECRET_KEY_REF",
    type: "secret_reference",
    doc: "Where its secret key is: `env:NAME` or `file:/path`; not used by this version",
  },
  s3StorageClass: {
    name: "ARTIFACTSTORE_S3_STORAGE_CLASS",
    type: "text",
    doc: "Storage class of new objects; not used by this version",
  },
  s3Sse: {
    name: "ARTIFACTSTORE_S3_SSE",
    type: "text",
    doc: "Server-side encryption asked for with new objects; not used by this version",
  },
  s3MultipartThresholdBytes: {
    name: "ARTIFACTSTORE_S3_MULTIPART_THRESHOLD_BYTES",
    type: "integer",
    doc: "From this size on an object is sent in parts, in bytes; not used by this version",
  },
  s3MultipartChunkBytes: {
    name: "ARTIFACTSTORE_S3_MULTIPART_CHUNK_BYTES",
    type: "integer",
    doc: "Size of one part, in bytes; not used by this version",
  },
  stateHubUrl: {
    name: "STATE_HUB_URL",
    type: "url",
    doc: "State Hub that `guide-board link` tells; not used by this version",
  },
  stateHubWorkstreamId: {
    name: "STATE_HUB_WORKSTREAM_ID",
    type: "text",
    doc: "Workstream to link to, a UUID; not used by this version",
  },
  stateHubTaskId: {
    name: "STATE_HUB_TASK_ID",
    type: "text",
    doc: "Task to link to, a UUID; not used by this version",
  },
  guideBoardRunDir: {
    name: "GUIDE_BOARD_RUN_DIR",
    type: "path",
    doc: "Run directory, for the scripts; not used by this version",
  },
  ingestResultPath: {
    name: "ARTIFACTSTORE_INGEST_RESULT_PATH",
    type: "path",
    doc: "File with the JSON that an ingest printed, for the scripts; not used by this version",
  },
} as const satisfies Record<string, SettingDefinition>;

type Table = typeof SETTINGS;
export type SettingKey = keyof Table;

/** The values in force. */
export type Settings = {
  readonly [Key in SettingKey]: Table[Key] extends { readonly default: string }
    ? SettingValues[Table[Key]["type"]]
    : SettingValues[Table[Key]["type"]] | undefined;
};

export const SETTING_PREFIX = "ARTIFACTSTORE_";

export function settingDefinition(key: SettingKey): SettingDefinition {
  return SETTINGS[key];
}

export function settingKeys(): SettingKey[] {
  return Object.keys(SETTINGS) as SettingKey[];
}

/** The name in TOML: `storage_local_root`. */
export function tomlName(key: SettingKey): string {
  const { name } = SETTINGS[key];
  return (name.startsWith(SETTING_PREFIX) ? name.slice(SETTING_PREFIX.length) : name).toLowerCase();
}
