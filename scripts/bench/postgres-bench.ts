import { join } from "node:path";
import { PostgresConnection } from "../../src/db/postgres/postgres-connection.ts";
import { readPostgresTarget } from "../../src/db/postgres/postgres-target.ts";
import { postgresBinaries } from "../services/postgres-binaries.ts";
import { downPostgres, upPostgres } from "../services/postgres-service.ts";

const TIMEOUTS = { connectMs: 10_000, statementMs: 0, lockMs: 0, idleInTransactionMs: 0 };

/** A durable PostgreSQL for one row of the table. */
export interface PostgresBench {
  /** Of its superuser and its one database. */
  readonly url: string;
  /** An empty schema, the old one gone; answers the URL that opens it. */
  freshSchema(): Promise<string>;
}

/** Why the row cannot be measured; `undefined` if it can. */
export function postgresAbsent(): string | undefined {
  return postgresBinaries() === undefined ? "PostgreSQL is not installed" : undefined;
}

/** Runs with a server of its own kind, which is gone afterwards. */
export async function withPostgresBench<T>(work: (bench: PostgresBench) => Promise<T>): Promise<T> {
  const { url } = await upPostgres(true);
  if (url === undefined) throw new Error("PostgreSQL did not start");
  try {
    return await work({ url, freshSchema: () => freshSchema(url) });
  } finally {
    await downPostgres(true);
  }
}

/** Where Debian's packages put `pgbench`. */
export function pgbenchPath(): string {
  return join(postgresBinaries() ?? "", "pgbench");
}

async function freshSchema(url: string): Promise<string> {
  const connection = await PostgresConnection.open(readPostgresTarget(url), TIMEOUTS);
  try {
    await connection.script("DROP SCHEMA IF EXISTS registry CASCADE; CREATE SCHEMA registry; CHECKPOINT");
  } finally {
    await connection.close();
  }
  const opened = new URL(url);
  opened.searchParams.set("options", "-c search_path=registry");
  return opened.href;
}
