import { bytesToHex } from "@noble/hashes/utils.js";
import { contentAddress } from "../core/content-address.ts";
import { ApiError } from "./api-error.ts";
import type { ExpectedFile } from "./files-api.ts";
import type { Transport } from "./transport.ts";

export interface DownloadOptions {
  /**
   * Asks for so much at once. Some runtimes read ahead of a slow taker without bound: then this bounds it. Bytes; all that is
   * left unless given.
   */
  readonly pieceBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * The bytes of a file. A connection that breaks is made again where it broke, as often as a request is tried that gets
 * nowhere. Throws `digest_mismatch` for another length than expected, and what the server tells.
 */
export async function* download(
  transport: Transport,
  file: ExpectedFile,
  { pieceBytes = Number.POSITIVE_INFINITY, signal }: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const etag = `"${file.content_address}"`;
  let have = 0;
  for (let attempt = 1; ; attempt++) {
    const end = Math.min(file.size_bytes, have + pieceBytes);
    const ranged = have > 0 || end < file.size_bytes;
    const response = await transport.send({
      method: "GET",
      path: ["files", file.id, "download"],
      headers: { Accept: "*/*", ...(ranged ? { Range: `bytes=${have}-${end - 1}`, "If-Range": etag } : {}) },
      repeat: "always",
      unhurried: true,
      ...(signal === undefined ? {} : { signal }),
    });
    if (ranged && response.status !== 206) throw differs(file, "it has changed while it was read");
    const before = have;
    try {
      for await (const chunk of response.body ?? []) {
        have += chunk.length;
        if (have > end) throw differs(file, `more than ${end} bytes of it came`);
        yield chunk;
      }
      if (have === file.size_bytes) return;
      if (have < end) throw transport.lost("GET", response.url, new Error(`${have} of ${end} bytes came`));
      attempt = 0;
    } catch (cause) {
      signal?.throwIfAborted();
      if (have === file.size_bytes && !(cause instanceof ApiError)) return;
      const error = cause instanceof ApiError ? cause : transport.lost("GET", response.url, cause);
      if (have > before) attempt = 1;
      if (!(await transport.beforeRetry(attempt, error, "always", signal))) throw error;
    }
  }
}

/** The same, held against both digests. */
export async function* verifiedDownload(
  transport: Transport,
  file: ExpectedFile,
  options: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const blake3 = transport.hashes.blake3.create();
  const sha256 = transport.hashes.createSha256();
  let held: Uint8Array | undefined;
  for await (const chunk of download(transport, file, options)) {
    if (chunk.length === 0) continue;
    if (held !== undefined) yield held;
    blake3.update(chunk);
    sha256.update(chunk);
    held = chunk;
  }
  const address = contentAddress(blake3.digest());
  if (address !== file.content_address) throw differs(file, `its BLAKE3 is ${address}`);
  const found = bytesToHex(sha256.digest());
  if (found !== file.sha256) throw differs(file, `its SHA-256 is ${found}`);
  if (held !== undefined) yield held;
}

function differs(file: ExpectedFile, state: string): ApiError {
  // A status, since the server has answered: the same is not asked for again.
  return new ApiError("digest_mismatch", `Cannot download file "${file.id}": ${state}`, { status: 200 });
}
