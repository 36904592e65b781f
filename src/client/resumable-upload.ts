import { ArtifactstoreError } from "../core/errors.ts";
import { ApiError } from "./api-error.ts";
import { mayRepeat } from "./retry.ts";
import type { Transport, UploadBody } from "./transport.ts";

/** What the server is told of a file whose bytes come in several requests. */
export interface ResumableFile {
  readonly path: string;
  /** Bytes. */
  readonly sizeBytes: number;
  readonly mediaType?: string;
  /** Hex; compared when the last byte is there. */
  readonly sha256?: string;
  /** `blake3:<hex>`; the same. */
  readonly contentAddress?: string;
}

/** Opens the bytes from an offset on; called for every try. */
export type OpenFrom = (offsetBytes: number) => UploadBody | Promise<UploadBody>;

const TUS = { "Tus-Resumable": "1.0.0" } as const;

/** How often an upload that the server has lost is begun anew. Count. */
const BEGINNINGS_MAX = 3;

/**
 * Sends one file by tus 1.0: after a broken connection, or a restart of the server, it goes on from the last byte that the
 * server has on its disk. Gives up when as many tries in a row as are allowed brought it no byte further.
 */
export async function uploadResumably(
  transport: Transport,
  packageId: string,
  file: ResumableFile,
  open: OpenFrom,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let beginning = 1; ; beginning++) {
    const uploadId = await beginUpload(transport, packageId, file, signal);
    try {
      await new ResumableUpload(transport, [packageId, uploadId], file.sizeBytes, open, signal).run();
      return;
    } catch (error) {
      if (!isLost(error) || beginning >= BEGINNINGS_MAX) throw error;
    }
  }
}

async function beginUpload(
  transport: Transport,
  packageId: string,
  { path, sizeBytes, mediaType, sha256, contentAddress }: ResumableFile,
  signal: AbortSignal | undefined,
): Promise<string> {
  const metadata = Object.entries({
    relative_path: path,
    media_type: mediaType,
    sha256,
    content_address: contentAddress,
  }).flatMap(([key, value]) => (value === undefined ? [] : [`${key} ${base64(value)}`]));
  const response = await transport.send({
    method: "POST",
    path: ["packages", packageId, "uploads"],
    headers: { ...TUS, "Upload-Length": String(sizeBytes), "Upload-Metadata": metadata.join(",") },
    // One too many expires by itself.
    repeat: "always",
    ...(signal === undefined ? {} : { signal }),
  });
  await response.body?.cancel();
  // The name alone: the server need not know below which path a proxy shows it.
  const name = (response.headers.get("location") ?? "").split("/").at(-1) ?? "";
  if (name === "") throw new ApiError("internal", `Cannot upload "${path}": the server names no upload`);
  return name;
}

class ResumableUpload {
  readonly #transport: Transport;
  readonly #path: readonly string[];
  readonly #sizeBytes: number;
  readonly #open: OpenFrom;
  readonly #signal: { readonly signal?: AbortSignal };

  constructor(
    transport: Transport,
    [packageId = "", uploadId = ""]: readonly string[],
    sizeBytes: number,
    open: OpenFrom,
    signal: AbortSignal | undefined,
  ) {
    this.#transport = transport;
    this.#path = ["packages", packageId, "uploads", uploadId];
    this.#sizeBytes = sizeBytes;
    this.#open = open;
    this.#signal = signal === undefined ? {} : { signal };
  }

  async run(): Promise<void> {
    let offset = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        offset = await this.#sendFrom(offset);
      } catch (error) {
        this.#signal.signal?.throwIfAborted();
        if (!isWorthAsking(error)) throw error;
        if (!isConflict(error) && !(await this.#again(attempt, error))) throw error;
        if (attempt > this.#transport.retriesMax) throw error;
        const before = offset;
        offset = await this.#askOffset();
        if (offset > before) attempt = 0;
      }
      if (offset >= this.#sizeBytes) return;
    }
  }

  #again(attempt: number, error: unknown): Promise<boolean> {
    return this.#transport.beforeRetry(attempt, error, "always", this.#signal.signal);
  }

  /** All the rest in one request. Answers where the upload stands. */
  async #sendFrom(offset: number): Promise<number> {
    const response = await this.#transport.send({
      method: "PATCH",
      path: this.#path,
      headers: {
        ...TUS,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": String(offset),
      },
      body: () => this.#open(offset),
      repeat: "refused",
      unhurried: true,
      ...this.#signal,
    });
    return await offsetOf(response);
  }

  async #askOffset(): Promise<number> {
    const response = await this.#transport.send({
      method: "HEAD",
      path: this.#path,
      headers: TUS,
      repeat: "always",
      ...this.#signal,
    });
    return await offsetOf(response);
  }
}

async function offsetOf(response: Response): Promise<number> {
  await response.body?.cancel();
  const text = response.headers.get("upload-offset") ?? "";
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new ApiError("internal", "Cannot go on with the upload: the server does not say where it stands");
}

/** A lost connection, a bad moment, or two tries of ours that met: the server knows how far it came. */
function isWorthAsking(error: unknown): boolean {
  return mayRepeat(error, "always") || isConflict(error);
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === "upload_offset_conflict";
}

/** The answer to HEAD has no body, and so no code. */
function isLost(error: unknown): boolean {
  return (
    error instanceof ArtifactstoreError &&
    (error.code === "upload_not_found" || (error.code === "route_not_found" && error instanceof ApiError))
  );
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
