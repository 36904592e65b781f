import { listSchemas } from "../../../registry/list-schemas.ts";
import { defineCommand } from "../../command.ts";
import { PAGE_ARGUMENTS, pageRequest } from "../../page-arguments.ts";
import { printPage } from "../../print-page.ts";
import { withRegistry } from "../../with-registry.ts";

export const command = defineCommand({
  arguments: { ...PAGE_ARGUMENTS },
  async run(context, values) {
    const page = pageRequest(values);
    await printPage(context, await withRegistry(context, "read", (registry) => listSchemas(registry, page)));
    return 0;
  },
});
