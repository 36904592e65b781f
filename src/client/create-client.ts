import type { JsonObject } from "../core/cbor-value.ts";
import type { ClientOptions } from "./client-options.ts";
import { EventsApi } from "./events-api.ts";
import { FilesApi } from "./files-api.ts";
import { MetadataSchemasApi } from "./metadata-schemas-api.ts";
import { PackageFilesApi } from "./package-files-api.ts";
import { type CallOptions, PackagesApi } from "./packages-api.ts";
import { Transport } from "./transport.ts";

/** A server of artifactstore, seen from outside. */
export interface ArtifactstoreClient {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly packages: PackagesApi;
  readonly packageFiles: PackageFilesApi;
  readonly files: FilesApi;
  readonly events: EventsApi;
  readonly metadataSchemas: MetadataSchemasApi;
  /** How the server is; one that is not well answers too. */
  health(options?: CallOptions & { readonly timeoutMs?: number }): Promise<ServerHealth>;
}

export interface ServerHealth {
  readonly healthy: boolean;
  readonly document: JsonObject;
}

/**
 * Speaks HTTP by `fetch` alone, so it runs in Bun, Deno, Node and a browser. Every failure is an `ApiError` with a code
 * of the error table. Throws `invalid_input` for what is no URL of a server.
 */
export function createClient(options: ClientOptions): ArtifactstoreClient {
  const transport = new Transport(options);
  return {
    baseUrl: transport.baseUrl,
    packages: new PackagesApi(transport),
    packageFiles: new PackageFilesApi(transport),
    files: new FilesApi(transport),
    events: new EventsApi(transport),
    metadataSchemas: new MetadataSchemasApi(transport),
    async health(call = {}) {
      const response = await transport.send({
        method: "GET",
        path: ["health"],
        repeat: "refused",
        answers: [503],
        ...call,
      });
      return { healthy: response.status === 200, document: (await response.json()) as JsonObject };
    },
  };
}
