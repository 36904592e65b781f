import type { JsonObject } from "../core/cbor-value.ts";
import { listMetadataSchemas, metadataSchemaBySlug } from "../views/query-schemas.ts";
import { findSchema } from "./find-schema.ts";
import type { ListPage, PageRequest } from "./list-packages.ts";
import { checkPageLimit } from "./page-limit.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Registered schemas, in order of slug; the cursor is the last slug. */
export async function listSchemas(context: RegistryContext, page: PageRequest = {}): Promise<ListPage> {
  const limit = checkPageLimit(page.limit);
  const rows = await context.database.read((reader) =>
    listMetadataSchemas(reader, {
      limit: limit + 1,
      ...(page.cursor === undefined ? {} : { after: page.cursor }),
    }),
  );
  const shown = rows.slice(0, limit);
  return {
    items: shown.map(({ slug, digest, registered_at }) => ({ slug, digest, registered_at })),
    nextCursor: rows.length > limit ? shown.at(-1)?.slug : undefined,
  };
}

/**
 * A schema with its text: the registered one, else the one that is part of the program. Throws
 * `metadata_schema_not_found`.
 */
export async function showSchema(context: RegistryContext, slug: string): Promise<JsonObject> {
  const row = await context.database.read((reader) => metadataSchemaBySlug(reader, slug));
  const { digest, json_schema } = await findSchema(context, slug);
  return { slug, digest, registered_at: row?.registered_at ?? null, json_schema };
}
