import type { JsonObject } from "../core/cbor-value.ts";
import { contentAddress } from "../core/content-address.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import type { Manifest } from "../core/manifest.ts";
import { parseManifest } from "../core/parse-manifest.ts";
import { ApiError } from "./api-error.ts";
import type {
  CreatedPackage,
  EventDocument,
  FinalizedPackage,
  ListedPackage,
  PackageRequest,
  Page,
  PageOptions,
  ShownPackage,
  StoredFile,
} from "./documents.ts";
import { readItems, readPage } from "./pages.ts";
import type { QueryValues, Transport } from "./transport.ts";

/** Filters of the list of packages; all that are given must hold. */
export interface PackageFilters {
  readonly producer?: string;
  readonly subject?: string;
  readonly retention_class?: string;
  readonly status?: string;
  readonly external_id?: string;
  readonly manifest_digest?: string;
  readonly content_address?: string;
  readonly sha256?: string;
  /** Top-level members of the metadata, compared as text. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly created_from?: string;
  readonly created_before?: string;
  readonly expires_from?: string;
  readonly expires_before?: string;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface CreateOptions extends CallOptions {
  /** Makes repetitions of one request harmless; random unless given. */
  readonly idempotencyKey?: string;
}

/** A manifest as it was sealed. */
export interface SealedManifest {
  /** Content address of `bytes`, computed here. */
  readonly digest: string;
  /** Canonical CBOR. */
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** `/packages`: what is said of packages, and what becomes of them. Their files are added by `PackageFilesApi`. */
export class PackagesApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Begins a package, or answers the live one that has the external id. */
  async create(request: PackageRequest, options: CreateOptions = {}): Promise<CreatedPackage> {
    return await this.#transport.json({
      method: "POST",
      path: ["packages"],
      json: request as unknown as JsonObject,
      headers: { "Idempotency-Key": options.idempotencyKey ?? crypto.randomUUID() },
      repeat: "always",
      ...signalOf(options),
    });
  }

  /** Throws `package_not_found`. */
  async show(packageId: string, options: CallOptions = {}): Promise<ShownPackage> {
    return await this.#get(["packages", packageId], options);
  }

  /** All of them, the newest first. */
  list(filters: PackageFilters = {}, options: PageOptions = {}): AsyncGenerator<ListedPackage> {
    return readItems(this.#transport, ["packages"], filterQuery(filters), options);
  }

  listPage(filters: PackageFilters = {}, options: PageOptions = {}): Promise<Page<ListedPackage>> {
    return readPage(this.#transport, ["packages"], filterQuery(filters), options);
  }

  /** All files, in order of path. */
  files(packageId: string, options: PageOptions = {}): AsyncGenerator<StoredFile> {
    return readItems(this.#transport, ["packages", packageId, "files"], {}, options);
  }

  filesPage(packageId: string, options: PageOptions = {}): Promise<Page<StoredFile>> {
    return readPage(this.#transport, ["packages", packageId, "files"], {}, options);
  }

  events(packageId: string, options: PageOptions = {}): AsyncGenerator<EventDocument> {
    return readItems(this.#transport, ["packages", packageId, "events"], {}, options);
  }

  /** Seals the package; sealing again answers the same. */
  async finalize(packageId: string, options: CallOptions = {}): Promise<FinalizedPackage> {
    return await this.#transport.json({
      method: "POST",
      path: ["packages", packageId, "finalize"],
      repeat: "always",
      ...signalOf(options),
    });
  }

  /** Gives up a package that was never finalized. Throws `package_state`. */
  async abandon(packageId: string, reason: string, options: CallOptions = {}): Promise<void> {
    try {
      await this.#transport.json({
        method: "POST",
        path: ["packages", packageId, "abandon"],
        json: { reason },
        repeat: "refused",
        ...signalOf(options),
      });
    } catch (error) {
      // The answer may have been lost after the work was done.
      if (!(error instanceof ApiError) || error.status !== undefined) throw error;
      if ((await this.show(packageId, options)).status !== "abandoned") throw error;
    }
  }

  /** The sealed manifest. Throws `digest_mismatch` if what came is not what the server says it is. */
  async manifest(packageId: string, options: CallOptions = {}): Promise<SealedManifest> {
    const { bytes, headers } = await this.#transport.bytes({
      method: "GET",
      path: ["packages", packageId, "manifest"],
      headers: { Accept: "application/cbor" },
      repeat: "always",
      ...signalOf(options),
    });
    const digest = contentAddress(this.#transport.hashes.blake3.hash(bytes));
    const said = headers.get("artifactstore-manifest-digest");
    if (said !== null && said !== digest) {
      throw new ApiError(
        "digest_mismatch",
        `Cannot read the manifest of package "${packageId}": its digest is ${digest}, and not ${said}`,
      );
    }
    return { digest, bytes, manifest: parseManifest(bytes) };
  }

  /** The same as canonical JSON (RFC 8785), byte for byte. */
  async manifestJson(packageId: string, options: CallOptions = {}): Promise<Uint8Array> {
    const path = ["packages", packageId, "manifest.json"];
    const { bytes } = await this.#transport.bytes({
      method: "GET",
      path,
      repeat: "always",
      ...signalOf(options),
    });
    return bytes;
  }

  /** Why the package is kept, and until when. */
  async retention(packageId: string, options: CallOptions = {}): Promise<JsonObject> {
    return await this.#get(["packages", packageId, "retention"], options);
  }

  async #get<Answer>(path: readonly string[], options: CallOptions): Promise<Answer> {
    return await this.#transport.json({ method: "GET", path, repeat: "always", ...signalOf(options) });
  }
}

/** Whether a server has refused something because the token may not do it. */
export function isForbidden(error: unknown): boolean {
  return isArtifactstoreError(error, "forbidden");
}

function filterQuery({ metadata = {}, ...plain }: PackageFilters): QueryValues {
  const members = Object.entries(metadata).map(([key, value]) => [`metadata.${key}`, value] as const);
  return { ...plain, ...Object.fromEntries(members) };
}

function signalOf({ signal }: CallOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
