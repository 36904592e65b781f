import type { DescribedFile } from "./documents.ts";
import { type DownloadOptions, download, verifiedDownload } from "./download.ts";
import type { CallOptions } from "./packages-api.ts";
import type { Transport } from "./transport.ts";

/** What says which bytes a download must have. */
export type ExpectedFile = Pick<DescribedFile, "id" | "size_bytes" | "content_address" | "sha256">;

/** `/files`: files of finalized packages. */
export class FilesApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Throws `file_not_found`. */
  async show(
    fileId: string,
    options: CallOptions = {},
  ): Promise<DescribedFile & { readonly package_id: string; readonly package_status: string }> {
    return await this.#transport.json({
      method: "GET",
      path: ["files", fileId],
      repeat: "always",
      ...options,
    });
  }

  /**
   * The bytes as they come, both digests compared; the last chunk is held back until they are right, so that nobody
   * gets a complete wrong file. A connection that breaks is made again where it broke. Throws `digest_mismatch`.
   */
  download(file: ExpectedFile, options: DownloadOptions = {}): AsyncGenerator<Uint8Array> {
    return verifiedDownload(this.#transport, file, options);
  }

  /** The same without the comparison, for callers who hash what they get. */
  downloadUnverified(file: ExpectedFile, options: DownloadOptions = {}): AsyncGenerator<Uint8Array> {
    return download(this.#transport, file, options);
  }
}
