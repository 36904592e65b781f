import guideBoardRunV1 from "../../schemas/guide-board.run.v1.json" with { type: "json" };
import type { ContentAddress } from "../core/content-address.ts";
import type { MetadataSchema } from "./metadata-schema.ts";

/**
 * The schemas that are part of the program: an ingest that names one registers nothing. The digest is written down,
 * not computed, so that a schema never changes by accident; a test recomputes it.
 */
export const GUIDE_BOARD_RUN_V1: MetadataSchema = {
  slug: "guide-board.run.v1",
  digest: "blake3:4fb1eb04631b1dcad33614e140e04ef7360d8e66209fd01cdeae05cd3708b921" as ContentAddress,
  json_schema: guideBoardRunV1,
};

/** `undefined` if no schema of this slug is part of the program. */
export function embeddedSchema(slug: string): MetadataSchema | undefined {
  return slug === GUIDE_BOARD_RUN_V1.slug ? GUIDE_BOARD_RUN_V1 : undefined;
}
