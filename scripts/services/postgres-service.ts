import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { runTool } from "../run-tool.ts";
import { giveToPostgresUser, runAsPostgresUser } from "./as-postgres-user.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { withServiceLock } from "./service-lock.ts";

/**
 * A PostgreSQL of our own, on loopback, for tests and local work: own data directory, port and password, apart from
 * any server of the machine. It is not durable (a crash of the machine may lose or damage what it holds) unless
 * `durable` is asked for, which measurements need.
 */
export interface PostgresService {
  readonly running: boolean;
  /** Of a superuser; absent while it is down. */
  readonly url?: string;
  readonly port?: number;
  readonly process_id?: number;
  readonly durable?: boolean;
  /** PEM file of the certificate that it shows, for `localhost` alone. */
  readonly certificate?: string;
  readonly directory: string;
}

interface ServiceRecord {
  readonly port: number;
  readonly password: string;
  readonly durable: boolean;
}

const USER = "artifactstore";

/** Where it lives: one for each user of the machine and each kind. */
export function postgresDirectory(durable: boolean): string {
  const name = `artifactstore-postgres-${process.getuid?.() ?? 0}${durable ? "-durable" : ""}`;
  return process.env["ARTIFACTSTORE_TEST_POSTGRES_DIRECTORY"] ?? join(tmpdir(), name);
}

export async function upPostgres(durable = false): Promise<PostgresService> {
  const directory = postgresDirectory(durable);
  return await locked(directory, async () => {
    const before = await inspect(directory);
    if (before.running) return before;
    const record = readRecord(directory) ?? (await initialise(directory, durable));
    await start(directory, record);
    return await inspect(directory);
  });
}

/** Stops it and removes all that it held. */
export async function downPostgres(durable = false): Promise<PostgresService> {
  const directory = postgresDirectory(durable);
  if (!existsSync(directory)) return { running: false, directory };
  await locked(directory, async () => {
    if ((await inspect(directory)).running) await control(directory, ["stop", "-m", "immediate"]);
    rmSync(join(directory, "data"), { recursive: true, force: true });
  });
  rmSync(directory, { recursive: true, force: true });
  return { running: false, directory };
}

/**
 * Stops it and starts it on the same port.
 *
 * @param mode `fast` ends every transaction as an administrator would who does not wait; `immediate` is a crash
 */
export async function restartPostgres(
  durable = false,
  mode: "fast" | "immediate" = "fast",
): Promise<PostgresService> {
  const directory = postgresDirectory(durable);
  return await locked(directory, async () => {
    const record = readRecord(directory);
    if (record === undefined) throw new Error("there is no PostgreSQL to restart");
    if ((await inspect(directory)).running) await control(directory, ["stop", "-m", mode]);
    await start(directory, record);
    return await inspect(directory);
  });
}

export function statusPostgres(durable = false): Promise<PostgresService> {
  return inspect(postgresDirectory(durable));
}

function locked<T>(directory: string, work: () => Promise<T>): Promise<T> {
  // Others must pass through to the data; the secrets in it are files of their own.
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const found = lstatSync(directory);
  // The name is easy to guess: what somebody else put there is not ours to use.
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid)) {
    throw new Error(`"${directory}" is not a directory of this user`);
  }
  return withServiceLock(join(directory, "lock"), work);
}

/** In this order, so that the record is there only once the data is whole. */
async function initialise(directory: string, durable: boolean): Promise<ServiceRecord> {
  rmSync(join(directory, "data"), { recursive: true, force: true });
  const password = randomBytes(24).toString("base64url");
  const passwordFile = join(directory, "password");
  const data = join(directory, "data");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  await giveToPostgresUser(data);
  await giveToPostgresUser(passwordFile);
  try {
    await runAsPostgresUser(binary("initdb"), [
      ...["--pgdata", data, "--username", USER, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
      ...["--encoding", "UTF8", "--locale", "C", ...(durable ? [] : ["--no-sync"])],
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  await makeCertificate(data);
  // Readable by all who may start tests, unlike the data beside it.
  copyFileSync(join(data, "server.crt"), join(directory, "server.crt"));
  const record = { port: await freePort(), password, durable };
  writeFileSync(join(directory, "record.json"), JSON.stringify(record), { mode: 0o600 });
  return record;
}

/** Signed by itself, so that who trusts it trusts nothing else. */
async function makeCertificate(data: string): Promise<void> {
  await runAsPostgresUser("openssl", [
    ...[
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "3650",
    ],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", join(data, "server.key"), "-out", join(data, "server.crt")],
  ]);
}

async function start(directory: string, { port, durable }: ServiceRecord): Promise<void> {
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: "128MB",
    ssl: "on",
    ...(durable ? {} : { fsync: "off", full_page_writes: "off", synchronous_commit: "off" }),
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  await control(directory, [
    "start",
    "-w",
    "-l",
    join(directory, "data", "server.log"),
    "-o",
    options.join(" "),
  ]);
}

async function control(directory: string, args: readonly string[]): Promise<void> {
  await runAsPostgresUser(binary("pg_ctl"), ["--pgdata", join(directory, "data"), ...args]);
}

async function inspect(directory: string): Promise<PostgresService> {
  const record = readRecord(directory);
  const processId = readProcessId(directory);
  const answers =
    processId !== undefined && (await runTool("kill", ["-0", String(processId)])).exitCode === 0;
  if (record === undefined || !answers) return { running: false, directory };
  const url = `postgresql://${USER}:${record.password}@127.0.0.1:${record.port}/postgres?sslmode=disable`;
  return {
    ...{ running: true, url, port: record.port, process_id: processId, durable: record.durable },
    ...{ certificate: join(directory, "server.crt"), directory },
  };
}

function readRecord(directory: string): ServiceRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, "record.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The first line of the server's own lock file. */
function readProcessId(directory: string): number | undefined {
  try {
    const [line = ""] = readFileSync(join(directory, "data", "postmaster.pid"), "utf8").split("\n");
    return line === "" ? undefined : Number(line);
  } catch {
    return undefined;
  }
}

function binary(name: string): string {
  const directory = postgresBinaries();
  if (directory === undefined) throw new Error("PostgreSQL 15 or later is not installed");
  return join(directory, name);
}

/** One that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(),
      );
    });
  });
}
