import type { ContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { ContainerConnection } from "./container-connection.ts";
import { storageFailure } from "./failure.ts";
import type { FileFacts } from "./file-system.ts";
import type { LocalParts } from "./parts.ts";
import { blobPath } from "./paths.ts";

/**
 * Looks a blob up in both places. The container comes first: it answers without a system call on the file, and where
 * a blob is in both places (a stopped `pack` or `unpack`) its answer counts everywhere.
 *
 * When neither place has it, the container is asked once more: `pack` may have moved the blob there between the two
 * questions. `unpack` moves the other way and cannot slip through.
 *
 * A damaged container does not hide plain blobs. Only if there is no plain blob either is its error thrown
 * (`store_damaged`): then nobody can tell whether the blob exists.
 */
export async function findBlob<T>(
  parts: LocalParts,
  address: ContentAddress,
  packed: (container: ContainerConnection) => T | undefined,
  plain: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const inContainer = () => packedAnswer(parts, address, packed);
  await parts.turns.afterMany();
  const first = outcome(inContainer);
  if (first.value !== undefined) return first.value;
  const second = await plain();
  if (second !== undefined) return second;
  return inContainer();
}

/** Throws `store_damaged`, naming the blob, where the container cannot answer. */
export function packedAnswer<T>(
  parts: LocalParts,
  address: ContentAddress,
  packed: (container: ContainerConnection) => T | undefined,
): T | undefined {
  try {
    const container = parts.container.forReading();
    return container === undefined ? undefined : packed(container);
  } catch (error) {
    const failure = storageFailure(`read the container "${parts.container.path}"`, error);
    throw new ArtifactstoreError(failure.code, `Cannot read blob "${address}": ${failure.message}`, {
      cause: failure.cause ?? failure,
    });
  }
}

/** Facts on the plain blob. Throws `store_damaged` where something else has its name. */
export async function plainFacts(parts: LocalParts, address: ContentAddress): Promise<FileFacts | undefined> {
  return regular(address, await parts.fileSystem.look.facts(blobPath(parts.root, address)));
}

export function regular(address: ContentAddress, facts: FileFacts | undefined): FileFacts | undefined {
  if (facts !== undefined && !facts.isFile) {
    throw new ArtifactstoreError(
      "store_damaged",
      `Cannot read blob "${address}": its name is not that of a file`,
    );
  }
  return facts;
}

function outcome<T>(question: () => T | undefined): { readonly value: T | undefined } {
  try {
    return { value: question() };
  } catch {
    // Asked again below if the answer is still wanted, and then it throws for itself.
    return { value: undefined };
  }
}
