import { GUIDE_BOARD_RUN_V1 } from "../schema/embedded-schemas.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import type { CommandContext } from "./command-context.ts";
import { readSchemaFile } from "./read-schema-file.ts";

/** The flag that names another schema of guide-board runs than the program's own. */
export const GUIDE_BOARD_SCHEMA_ARGUMENTS = {
  schema: {
    type: "string",
    description: "A schema file in place of the embedded one",
    valueHint: "file",
    setting: "guideBoardSchema",
  },
} as const;

/** `undefined`: the program's own. */
export async function chosenGuideBoardSchema(context: CommandContext): Promise<MetadataSchema | undefined> {
  const { settings } = await context.loadConfig();
  if (settings.guideBoardSchema === undefined) return undefined;
  return await readSchemaFile(GUIDE_BOARD_RUN_V1.slug, settings.guideBoardSchema);
}
