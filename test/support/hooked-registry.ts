import type { DatabaseReader, DatabaseWriter, RegistryDatabase } from "../../src/db/registry-database.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { faultyBlobStore } from "../../src/storage/fault.ts";

/** A moment between two steps of a use case. */
export interface Moment {
  /** `before write`, `after put` … */
  readonly name: string;
  /** Whether a transaction of the use case is open, so that other writers wait for it. */
  readonly locked: boolean;
}

export type Hook = (moment: Moment) => void | Promise<void>;

/** The same registry, seen by one use case whose every step tells the hook of itself, and waits for it. */
export function hookedRegistry(registry: RegistryContext, hook: Hook): RegistryContext {
  let open = 0;
  const at = (name: string) => hook({ name, locked: open > 0 });
  const { database } = registry;
  const hooked: RegistryDatabase = {
    dialect: database.dialect,
    async read<T>(work: (reader: DatabaseReader) => Promise<T>): Promise<T> {
      await at("before read");
      const answer = await database.read(work);
      await at("after read");
      return answer;
    },
    async write<T>(work: (writer: DatabaseWriter) => Promise<T>): Promise<T> {
      await at("before write");
      const answer = await database.write(async (writer) => {
        open += 1;
        try {
          return await work(writer);
        } finally {
          open -= 1;
        }
      });
      await at("after write");
      return answer;
    },
    readBeside: (prefix, work) => database.readBeside(prefix, work),
    nextAppend: (signal, timeoutMs) => database.nextAppend(signal, timeoutMs),
    close: () => database.close(),
  };
  const backends = new Map(
    // Without the role of putting many at once: every `put` is seen.
    [...registry.backends].map(([id, { bulkPut: _, ...backend }]) => [
      id,
      {
        ...backend,
        blobs: faultyBlobStore(backend.blobs, {
          before: ({ verb }) => at(`before ${verb}`),
          after: ({ verb }) => at(`after ${verb}`),
        }),
      },
    ]),
  );
  return { ...registry, database: hooked, backends };
}
