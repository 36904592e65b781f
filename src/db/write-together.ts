import { setImmediate as nextTurn } from "node:timers/promises";
import type { DatabaseWriter, RegistryDatabase, WriteOptions } from "./registry-database.ts";
import { TransactionLost } from "./savepoint.ts";

/** Callers that share one transaction: what the last of them waits for the others is bounded. Count. */
const GROUP_MAX = 64;

/** Turns of the event loop for which those who wait stay open to others. Count. */
const GATHER_TURNS = 4;

type Work = (writer: DatabaseWriter) => Promise<unknown>;

interface Caller {
  readonly work: Work;
  readonly isPassing: boolean;
  readonly answered: PromiseWithResolvers<unknown>;
}

/**
 * The same as `database.write`, for small pieces of work that many callers of this process have at once: those that come
 * while a transaction is under way share the next one, and its commit, which costs the same for one and for all. Each has
 * a savepoint of its own, so that what fails is undone alone; each is answered after the commit. `work` is run once.
 *
 * Where nobody else waits it is `database.write` and nothing more. A commit that fails, and a transaction that the
 * database gives up, fail all that share it.
 */
export function writeTogether<T>(
  database: RegistryDatabase,
  work: (writer: DatabaseWriter) => Promise<T>,
  options: WriteOptions = {},
): Promise<T> {
  let group = groups.get(database);
  if (group === undefined) {
    group = new WriteGroups(database);
    groups.set(database, group);
  }
  return group.run(work, options.isPassing === true) as Promise<T>;
}

const groups = new WeakMap<RegistryDatabase, WriteGroups>();

class WriteGroups {
  readonly #database: RegistryDatabase;
  #waiting: Caller[] = [];
  #isRunning = false;

  constructor(database: RegistryDatabase) {
    this.#database = database;
  }

  run(work: Work, isPassing: boolean): Promise<unknown> {
    const caller = { work, isPassing, answered: Promise.withResolvers<unknown>() };
    this.#waiting.push(caller);
    if (!this.#isRunning) void this.#drain();
    return caller.answered.promise;
  }

  async #drain(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0, GROUP_MAX));
      if (this.#waiting.length > 0) await this.#gather();
    }
    this.#isRunning = false;
  }

  /**
   * Others wait already, so there is much to do: whoever comes in the next few turns of the event loop is taken along.
   * As long as each turn brings somebody, that is quicker than the commit that he would need.
   */
  async #gather(): Promise<void> {
    for (let turn = 0; turn < GATHER_TURNS && this.#waiting.length < GROUP_MAX; turn++) {
      await nextTurn();
    }
  }

  /** Never rejects. */
  async #commit(callers: readonly Caller[]): Promise<void> {
    const [only] = callers;
    if (only !== undefined && callers.length === 1) {
      const { isPassing } = only;
      await this.#database.write(only.work, { isPassing }).then(only.answered.resolve, only.answered.reject);
      return;
    }
    const answers: (() => void)[] = [];
    try {
      await this.#database.write(
        async (writer) => {
          for (const { work, answered } of callers) {
            try {
              const result = await writer.savepoint(() => work(writer));
              answers.push(() => answered.resolve(result));
            } catch (error) {
              if (error instanceof TransactionLost) throw error.cause;
              answers.push(() => answered.reject(error));
            }
          }
        },
        { isPassing: callers.every(({ isPassing }) => isPassing) },
      );
    } catch (error) {
      for (const { answered } of callers) answered.reject(error);
      return;
    }
    for (const answer of answers) answer();
  }
}
