import type { BlobEntry, ContainerCheckOptions, ContainerProblem } from "../blob-store.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { scanContainer, type UnreadableRange } from "./container-scan.ts";
import type { LocalParts } from "./parts.ts";

/**
 * Reads every row that has a name, then lets SQLite look for damage that touches no row. The names come from an index
 * of their own, so that a blob whose bytes are destroyed is still named.
 */
export async function* checkContainer(
  parts: LocalParts,
  options: ContainerCheckOptions,
): AsyncGenerator<ContainerProblem> {
  const gaps: UnreadableRange[] = [];
  try {
    const connect = () => parts.container.forReading();
    for (const page of scanContainer(connect, undefined, (gap) => gaps.push(gap))) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      options.signal?.throwIfAborted();
      for (const entry of page) {
        const container = connect();
        const detail = container === undefined ? undefined : rowProblem(container, entry, options);
        if (detail !== undefined) yield { address: entry.address, detail };
      }
    }
    for (const { fromHex, toHex } of gaps) {
      yield { detail: `the index cannot be read from "${fromHex}" to "${toHex}"` };
    }
    for (const detail of connect()?.integrityProblems() ?? []) yield { detail };
  } catch (error) {
    options.signal?.throwIfAborted();
    yield { detail: `"${parts.container.path}" cannot be read: ${messageOf(error)}` };
  }
}

function rowProblem(
  container: ContainerConnection,
  entry: BlobEntry,
  options: ContainerCheckOptions,
): string | undefined {
  try {
    const row = container.read(entry.address);
    // Removed since its page was read.
    if (row === undefined)
      return container.stat(entry.address) === undefined ? undefined : "the row is not found";
    if (row.bytes.length !== entry.size || row.size !== entry.size) {
      return `the row has ${row.bytes.length} bytes, its size says ${row.size}, the index ${entry.size}`;
    }
    return options.isGenuine?.(entry.address, row.bytes) === false
      ? "the bytes differ from the digest"
      : undefined;
  } catch (error) {
    return `the row cannot be read: ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
