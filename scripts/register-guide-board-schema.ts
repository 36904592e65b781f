/**
 * Registers the schema of guide-board runs with a server:
 *
 *     bun scripts/register-guide-board-schema.ts
 *     deno run -A scripts/register-guide-board-schema.ts
 *
 * `ARTIFACTSTORE_API_URL` (`http://127.0.0.1:8000`), `ARTIFACTSTORE_API_TOKEN`, and `ARTIFACTSTORE_GUIDE_BOARD_SCHEMA` for a file
 * in place of the embedded schema. Registering the same again is harmless. `artifactstore guide-board register-schema` does
 * the same.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { createClient } from "../src/client/mod.ts";
import { ERRORS, isArtifactstoreError } from "../src/core/errors.ts";
import { GUIDE_BOARD_RUN_V1 } from "../src/schema/embedded-schemas.ts";
import { type MetadataSchema, parseSchema } from "../src/schema/metadata-schema.ts";

const { env } = process;

async function chosenSchema(): Promise<MetadataSchema> {
  const path = env["ARTIFACTSTORE_GUIDE_BOARD_SCHEMA"];
  if (path === undefined || path === "") return GUIDE_BOARD_RUN_V1;
  return await parseSchema(GUIDE_BOARD_RUN_V1.slug, readFileSync(path), path);
}

try {
  const token = env["ARTIFACTSTORE_API_TOKEN"];
  const client = createClient({
    baseUrl: env["ARTIFACTSTORE_API_URL"] || "http://127.0.0.1:8000",
    ...(token === undefined || token === "" ? {} : { token }),
  });
  const { slug, json_schema } = await chosenSchema();
  const { digest, reused_existing } = await client.metadataSchemas.register(slug, json_schema);
  process.stdout.write(`${JSON.stringify({ slug, digest, reused_existing }, null, 2)}\n`);
} catch (error) {
  const code = isArtifactstoreError(error) ? error.code : "internal";
  process.stderr.write(`${error instanceof Error ? error.message : String(error)} (${code})\n`);
  process.exitCode = ERRORS[code].exit;
}
