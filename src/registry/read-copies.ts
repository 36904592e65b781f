import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError, type ErrorCode, isArtifactstoreError } from "../core/errors.ts";
import { verifiedChunks } from "../dataplane/verified-chunks.ts";
import type { ByteRange, StorageBackend } from "../storage/blob-store.ts";
import type { FileWithLocations } from "../views/query-files.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Up to this size a blob is checked whole before its first byte goes out. Bytes; no more than a store's largest chunk. */
const ONE_CHUNK_BYTES = 1_048_576;

export interface ReadCopiesOptions {
  /** Half-open, within the file. Size and length alone are checked then, not the digest. */
  readonly range?: ByteRange;
  readonly signal?: AbortSignal;
}

/** The backends that hold a live copy, in the order of the route, for those that are on it, and then of configuration. */
export function copiesOf(
  context: RegistryContext,
  { locations }: FileWithLocations,
  route: readonly string[],
): StorageBackend[] {
  const live = locations.filter(({ deletion_state }) => deletion_state === "live");
  const ids = new Set(live.map(({ backend_id }) => backend_id));
  const routed = route.filter((id) => ids.has(id));
  const others = [...context.backends.keys()].filter((id) => ids.has(id) && !routed.includes(id));
  return [...routed, ...others].flatMap((id) => context.backends.get(id) ?? []);
}

/**
 * The bytes of one blob from the first of its copies that is whole: the last chunk is withheld until the digest of the
 * whole is right, so that a reader never gets a complete wrong answer. A copy that is missing, damaged or out of reach
 * before a byte went out makes room for the next one, and so does one that cannot be read further; damage that shows
 * only at the end is the reader's.
 *
 * Throws `blob_missing`, `blob_damaged`, `backend_unavailable`.
 */
export async function* readCopies(
  context: RegistryContext,
  file: FileWithLocations,
  backends: readonly StorageBackend[],
  options: ReadCopiesOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const failures: ArtifactstoreError[] = [];
  for (const [index, backend] of backends.entries()) {
    const chunks = readFrom(context, file, backends.slice(index), options);
    let begun = false;
    try {
      for await (const chunk of chunks) {
        begun = true;
        yield chunk;
      }
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = copyFailure(file, backend, error);
      if (begun || failure === undefined) throw failure ?? error;
      failures.push(failure);
    }
  }
  throw worstOf(failures) ?? missing(file, "it lies on no configured backend");
}

/** From the first of these copies; whole ones go on from the next where it cannot be read further. */
function readFrom(
  context: RegistryContext,
  file: FileWithLocations,
  backends: readonly StorageBackend[],
  { range, signal }: ReadCopiesOptions,
): AsyncIterable<Uint8Array> {
  const address = file.content_address as ContentAddress;
  const [first] = backends;
  if (range !== undefined && first !== undefined) return readRange(file, first, range, signal);
  const copies = backends.map((backend) => (start: number) => {
    const isWhole = start === 0 && file.size_bytes <= ONE_CHUNK_BYTES;
    return openCopy(file, backend, isWhole ? undefined : { start, end: file.size_bytes }, signal);
  });
  return verifiedChunks(context.blake3, address, copies);
}

async function* readRange(
  file: FileWithLocations,
  backend: StorageBackend,
  range: ByteRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = range.end - range.start;
  for await (const chunk of await openCopy(file, backend, range, signal)) {
    left -= chunk.length;
    yield chunk;
  }
  if (left !== 0) throw damaged(file, backend.id, "ended early");
}

/** Throws what is wrong with the copy, as far as that is known without its bytes. */
async function openCopy(
  file: FileWithLocations,
  { id, blobs }: StorageBackend,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const address = file.content_address as ContentAddress;
  if (range !== undefined) {
    const stat = await blobs.stat(address);
    if (stat === undefined) throw missing(file, `it is not on backend "${id}"`);
    if (stat.size !== file.size_bytes) {
      throw damaged(file, id, `has ${stat.size} bytes instead of ${file.size_bytes}`);
    }
  }
  const aborting = signal === undefined ? {} : { signal };
  const body = await blobs.get(address, range === undefined ? aborting : { ...aborting, range });
  if (body === undefined) throw missing(file, `it is not on backend "${id}"`);
  return body;
}

const COPY_FAILURES: readonly ErrorCode[] = ["blob_missing", "blob_damaged", "backend_unavailable"];

/** What is wrong with one copy, as one of our codes; `undefined` for what is no copy's fault. */
function copyFailure(
  file: FileWithLocations,
  { id }: StorageBackend,
  error: unknown,
): ArtifactstoreError | undefined {
  if (!isArtifactstoreError(error)) return undefined;
  if (error.code === "store_damaged") return damaged(file, id, "cannot be read", error);
  return COPY_FAILURES.includes(error.code) ? error : undefined;
}

/** A store that is out of reach may hold a whole copy; else damage says more than absence. */
function worstOf(failures: readonly ArtifactstoreError[]): ArtifactstoreError | undefined {
  const order: readonly ErrorCode[] = ["backend_unavailable", "blob_damaged", "blob_missing"];
  for (const code of order) {
    const found = failures.find((failure) => failure.code === code);
    if (found !== undefined) return found;
  }
  return failures[0];
}

function missing(file: FileWithLocations, state: string): ArtifactstoreError {
  return new ArtifactstoreError("blob_missing", `Cannot read file "${file.id}": ${state}`);
}

function damaged(file: FileWithLocations, backendId: string, state: string, cause?: unknown) {
  return new ArtifactstoreError(
    "blob_damaged",
    `Cannot read file "${file.id}": its copy on backend "${backendId}" ${state}`,
    { cause },
  );
}
