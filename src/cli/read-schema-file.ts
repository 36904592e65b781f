import { METADATA_SCHEMA_MAX_BYTES } from "../core/limits.ts";
import { type MetadataSchema, parseSchema } from "../schema/metadata-schema.ts";
import { readInputFile } from "./read-input-file.ts";

/** A metadata schema that the user names by its file. */
export async function readSchemaFile(slug: string, path: string): Promise<MetadataSchema> {
  return await parseSchema(slug, readInputFile(path, METADATA_SCHEMA_MAX_BYTES), path);
}
