import type { JsonObject } from "../core/cbor-value.ts";
import { ADDRESSES_ASKED_MAX, FILES_REFERENCED_MAX } from "../core/limits.ts";
import type { AddedArchive, AddedFile, FileReference } from "./documents.ts";
import type { CallOptions } from "./packages-api.ts";
import { formatReprDigest } from "./repr-digest.ts";
import { type OpenFrom, type ResumableFile, uploadResumably } from "./resumable-upload.ts";
import { type FileInMemory, tarArchive } from "./tar-archive.ts";
import type { Transport, UploadBody } from "./transport.ts";

export interface PutOptions extends CallOptions {
  /** `type/subtype`; otherwise the extension decides. */
  readonly mediaType?: string;
  /** Hex; the server refuses other bytes (`digest_mismatch`). */
  readonly sha256?: string;
  /** `blake3:<hex>`; the same. */
  readonly contentAddress?: string;
}

/** What is sent: bytes, or a function that opens them anew for every try. */
export type UploadSource = Uint8Array | Blob | (() => UploadBody | Promise<UploadBody>);

/** Adding files to a package that is not finalized. Adding the same once more is harmless, so all of it is repeated. */
export class PackageFilesApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One file of any size by its bytes. Throws `path_conflict` where the path has other content. */
  async put(
    packageId: string,
    path: string,
    source: UploadSource,
    options: PutOptions = {},
  ): Promise<AddedFile> {
    const { mediaType, sha256, contentAddress, signal } = options;
    return await this.#transport.json({
      method: "PUT",
      path: ["packages", packageId, "files", ...path.split("/")],
      body: typeof source === "function" ? source : () => source,
      headers: {
        // Without one, runtimes say something of their own.
        "Content-Type": mediaType ?? "application/x-www-form-urlencoded",
        ...(sha256 === undefined ? {} : { "Repr-Digest": formatReprDigest(sha256) }),
        ...(contentAddress === undefined ? {} : { "Artifactstore-Content-Address": contentAddress }),
      },
      repeat: "always",
      unhurried: true,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /**
   * One large file by tus 1.0, which goes on where a broken connection, or a restart of the server, has cut it off.
   *
   * @param open opens the bytes from an offset on
   */
  async upload(
    packageId: string,
    file: ResumableFile,
    open: OpenFrom,
    options: CallOptions = {},
  ): Promise<void> {
    await uploadResumably(this.#transport, packageId, file, open, options.signal);
  }

  /** Many small files in one request: all of them or none. Their extensions decide on their media types. */
  async addArchive(
    packageId: string,
    files: readonly FileInMemory[],
    options: CallOptions = {},
  ): Promise<AddedArchive> {
    const archive = tarArchive(files);
    return await this.#transport.json({
      method: "POST",
      path: ["packages", packageId, "archive"],
      body: () => archive,
      headers: { "Content-Type": "application/x-tar" },
      repeat: "always",
      unhurried: true,
      ...options,
    });
  }

  /** Which of these contents have to be sent: those that no package has which the token may read. */
  async missing(
    packageId: string,
    addresses: readonly string[],
    options: CallOptions = {},
  ): Promise<Set<string>> {
    const missing = new Set<string>();
    for (let at = 0; at < addresses.length; at += ADDRESSES_ASKED_MAX) {
      const answer: { readonly missing: readonly string[] } = await this.#transport.json({
        method: "POST",
        path: ["packages", packageId, "missing"],
        json: { content_addresses: addresses.slice(at, at + ADDRESSES_ASKED_MAX) },
        repeat: "always",
        ...options,
      });
      for (const address of answer.missing) missing.add(address);
    }
    return missing;
  }

  /** Adds files without their bytes. Throws `blob_not_found`, naming those whose bytes must be sent. */
  async addReferences(
    packageId: string,
    files: readonly FileReference[],
    options: CallOptions = {},
  ): Promise<AddedFile[]> {
    const added: AddedFile[] = [];
    for (let at = 0; at < files.length; at += FILES_REFERENCED_MAX) {
      const answer: { readonly items: readonly AddedFile[] } = await this.#transport.json({
        method: "POST",
        path: ["packages", packageId, "references"],
        json: { files: files.slice(at, at + FILES_REFERENCED_MAX) as unknown as readonly JsonObject[] },
        repeat: "always",
        ...options,
      });
      added.push(...answer.items);
    }
    return added;
  }
}
