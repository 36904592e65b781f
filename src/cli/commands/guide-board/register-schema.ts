import { GUIDE_BOARD_RUN_V1 } from "../../../schema/embedded-schemas.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { chosenGuideBoardSchema, GUIDE_BOARD_SCHEMA_ARGUMENTS } from "../../guide-board-schema.ts";
import { registerAndPrint } from "../../register-schema.ts";

export const command = defineCommand({
  arguments: { ...GUIDE_BOARD_SCHEMA_ARGUMENTS, ...API_ARGUMENTS },
  async run(context) {
    await registerAndPrint(context, (await chosenGuideBoardSchema(context)) ?? GUIDE_BOARD_RUN_V1);
    return 0;
  },
});
