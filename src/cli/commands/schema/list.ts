import { listSchemas } from "../../../registry/list-schemas.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { PAGE_ARGUMENTS, pageRequest } from "../../page-arguments.ts";
import { printPage, receivedPage } from "../../print-page.ts";
import { withRegistryOrServer } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: { ...PAGE_ARGUMENTS, ...API_ARGUMENTS },
  async run(context, values) {
    const page = pageRequest(values);
    await printPage(
      context,
      await withRegistryOrServer(context, "read", {
        direct: (registry) => listSchemas(registry, page),
        remote: async ({ client }) => receivedPage(await client.metadataSchemas.listPage(page)),
      }),
    );
    return 0;
  },
});
