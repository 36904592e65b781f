import postgres from "postgres";
import type { ColumnValue } from "../registry-database.ts";
import { isServerVerdict } from "./postgres-errors.ts";
import { openPostgresSocket } from "./postgres-socket.ts";
import type { PostgresTarget } from "./postgres-target.ts";
import { COLUMN_TYPES } from "./postgres-values.ts";

/** Milliseconds each; 0 is none. */
export interface PostgresTimeouts {
  readonly connectMs: number;
  readonly statementMs: number;
  readonly lockMs: number;
  readonly idleInTransactionMs: number;
}

/** What a connection tells by itself. */
export interface PostgresListener {
  readonly onNotification: (payload: string) => void;
  readonly onLost: () => void;
}

export interface PostgresAnswer {
  readonly rows: readonly object[];
  /** Rows changed or answered. */
  readonly count: number;
  /** As the server names what it did: `SELECT`, `COMMIT`, `ROLLBACK`. */
  readonly command: string;
}

/** Statements that stay prepared on one connection; others are planned each time. Count. */
const STATEMENTS_MAX = 300;

/** Texts with more parameters hold a list of no fixed length, so they hardly come again. Count. */
const PREPARED_PARAMETERS_MAX = 64;

/** Seconds that the server has to take leave. */
const FAREWELL_SECONDS = 1;

/** The longest that a timer can wait, 2^31 - 1 milliseconds. Seconds. */
const TIMER_SECONDS_MAX = 2_147_483;

/** Seconds without a word after which the network is asked whether the server is still there. */
const KEEP_ALIVE_SECONDS = 30;

/**
 * One connection of the driver, which for itself would keep a pool and connect again whenever it finds a connection
 * lost, in the middle of a transaction too. So it gets one socket and no second one, and one statement at a time: what
 * was lost stays lost, and nothing of a transaction can run outside it.
 */
export class PostgresConnection {
  readonly #sql: postgres.Sql;
  readonly #prepared = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();
  readonly #listener: PostgresListener | undefined;
  #lost: Error | undefined;
  #isLossTold = false;
  #failCurrent: ((error: Error) => void) | undefined;

  private constructor(target: PostgresTarget, timeouts: PostgresTimeouts, listener?: PostgresListener) {
    this.#listener = listener;
    let sockets = 0;
    this.#sql = postgres({
      host: target.host,
      port: target.port,
      database: target.database,
      user: target.user,
      pass: target.password,
      max: 1,
      ssl: false,
      prepare: true,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: Math.min(Math.ceil(timeouts.connectMs / 1000), TIMER_SECONDS_MAX),
      keep_alive: KEEP_ALIVE_SECONDS,
      types: COLUMN_TYPES,
      onnotice: () => {},
      onclose: () => this.#lose(lostConnection()),
      onnotify: (_channel: string, payload: string) => this.#listener?.onNotification(payload),
      socket: async () => {
        sockets += 1;
        if (sockets > 1) throw lostConnection();
        const socket = await openPostgresSocket(target, timeouts.connectMs);
        // One that ends at once may have ended before the driver listens.
        if (socket.destroyed) throw lostConnection();
        socket.once("close", () => this.#lose(lostConnection()));
        return socket;
      },
      connection: {
        application_name: target.applicationName,
        ...(target.options === undefined ? {} : { options: target.options }),
      },
      // `socket`, `pass` and `null` are understood by the driver and missing in its types.
    } as unknown as postgres.Options<Record<string, never>>) as unknown as postgres.Sql;
  }

  /** Connects and prepares the session. Rejects with what the network, TLS or the server said. */
  static async open(
    target: PostgresTarget,
    timeouts: PostgresTimeouts,
    listener?: PostgresListener,
  ): Promise<PostgresConnection> {
    const connection = new PostgresConnection(target, timeouts, listener);
    try {
      await connection.script(sessionSettings(timeouts));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** One statement with parameters, which stays prepared. Rejects with the driver's errors. */
  query(text: string, parameters: readonly ColumnValue[]): Promise<PostgresAnswer> {
    const prepare = parameters.length <= PREPARED_PARAMETERS_MAX && this.#mayPrepare(text);
    return this.#ask(text, parameters, prepare);
  }

  /** One statement with parameters that will not come again. */
  queryOnce(text: string, parameters: readonly ColumnValue[]): Promise<PostgresAnswer> {
    return this.#ask(text, parameters, false);
  }

  /** One or several statements without parameters; answers what the last one did. */
  script(text: string): Promise<PostgresAnswer> {
    return this.#next(() => this.#sql.unsafe(text));
  }

  /** Gives the server a moment to hear the farewell; never rejects. */
  async close(): Promise<void> {
    const timeout = this.isLost ? 0 : FAREWELL_SECONDS;
    this.#lost ??= lostConnection();
    await this.#sql.end({ timeout }).catch(() => {});
  }

  #ask(text: string, parameters: readonly ColumnValue[], prepare: boolean): Promise<PostgresAnswer> {
    // `simple` is understood by the driver and missing in its types.
    const options = { prepare, simple: false } as { prepare: boolean };
    return this.#next(() => this.#sql.unsafe(text, [...parameters], options));
  }

  #mayPrepare(text: string): boolean {
    if (this.#prepared.has(text)) return true;
    if (this.#prepared.size >= STATEMENTS_MAX) return false;
    this.#prepared.add(text);
    return true;
  }

  #next(ask: () => PromiseLike<unknown>): Promise<PostgresAnswer> {
    const turn = this.#turn.then(async () => {
      if (this.#lost !== undefined) throw this.#lost;
      const failed = Promise.withResolvers<never>();
      this.#failCurrent = failed.reject;
      try {
        return answerOf(await Promise.race([ask(), failed.promise]));
      } catch (error) {
        if (!isServerVerdict(error)) this.#lost ??= error instanceof Error ? error : lostConnection();
        throw error;
      } finally {
        this.#failCurrent = undefined;
        failed.promise.catch(() => {});
      }
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** The driver answers what is under way when a connection is lost; should it forget to, nothing may wait for ever. */
  #lose(error: Error): void {
    this.#lost ??= error;
    if (!this.#isLossTold) this.#listener?.onLost();
    this.#isLossTold = true;
    const fail = this.#failCurrent;
    if (fail !== undefined) setTimeout(() => fail(error), 0);
  }
}

/**
 * Every setting that changes what our texts mean or what comes back, whatever the server, the database, the role or the
 * URL's `options` have: with `array_nulls = off`, NULL in an array is a text; `gin_fuzzy_search_limit` drops rows.
 * `default_transaction_read_only` is kept, since it is how a database is closed to writers. Commits reach the disk
 * before they are answered; stricter settings (`remote_apply`) are kept.
 */
const PINNED = `
  SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET array_nulls = on;
  SET quote_all_identifiers = off; SET transform_null_equals = off; SET extra_float_digits = 1;
  SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET gin_fuzzy_search_limit = 0;
  SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off;
  SET exit_on_error = off; SET row_security = on;
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
  SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) <> '0'`;

function sessionSettings(timeouts: PostgresTimeouts): string {
  return `${PINNED}; SET statement_timeout = ${timeouts.statementMs}; SET lock_timeout = ${timeouts.lockMs};
    SET idle_in_transaction_session_timeout = ${timeouts.idleInTransactionMs}`;
}

function answerOf(result: unknown): PostgresAnswer {
  const last = isSeveral(result) ? result.at(-1) : (result as DriverResult);
  return {
    rows: last === undefined ? [] : Array.from(last),
    count: last?.count ?? 0,
    command: last?.command ?? "",
  };
}

type DriverResult = object[] & { readonly count: number | null; readonly command: string };

/** A script's answer is an array of its statements' answers; a statement's own has a command. */
function isSeveral(result: unknown): result is DriverResult[] {
  return Array.isArray(result) && !("command" in result);
}

function lostConnection(): Error {
  return Object.assign(new Error("the connection was lost"), { code: "CONNECTION_CLOSED" });
}
