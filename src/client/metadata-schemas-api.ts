import type { JsonObject } from "../core/cbor-value.ts";
import type {
  ListedMetadataSchema,
  Page,
  PageOptions,
  RegisteredMetadataSchema,
  ShownMetadataSchema,
} from "./documents.ts";
import type { CallOptions } from "./packages-api.ts";
import { readItems, readPage } from "./pages.ts";
import type { Transport } from "./transport.ts";

/** `/metadata-schemas`. */
export class MetadataSchemasApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The same again is answered as it is. Throws `metadata_schema_conflict`, `invalid_schema`. */
  async register(
    slug: string,
    jsonSchema: JsonObject,
    options: CallOptions = {},
  ): Promise<RegisteredMetadataSchema> {
    return await this.#transport.json({
      method: "POST",
      path: ["metadata-schemas"],
      json: { slug, json_schema: jsonSchema },
      repeat: "always",
      ...options,
    });
  }

  /** Throws `metadata_schema_not_found`. */
  async show(slug: string, options: CallOptions = {}): Promise<ShownMetadataSchema> {
    return await this.#transport.json({
      method: "GET",
      path: ["metadata-schemas", slug],
      repeat: "always",
      ...options,
    });
  }

  list(options: PageOptions = {}): AsyncGenerator<ListedMetadataSchema> {
    return readItems(this.#transport, ["metadata-schemas"], {}, options);
  }

  listPage(options: PageOptions = {}): Promise<Page<ListedMetadataSchema>> {
    return readPage(this.#transport, ["metadata-schemas"], {}, options);
  }
}
