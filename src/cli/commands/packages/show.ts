import type { JsonObject } from "../../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../../core/errors.ts";
import { listPackageFiles, showPackage } from "../../../registry/show-package.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { PAGE_ARGUMENTS, pageRequest } from "../../page-arguments.ts";
import { withRegistryOrServer } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package" },
    files: { type: "boolean", description: "One page of its files too, with where they lie" },
    ...PAGE_ARGUMENTS,
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const id = values["package-id"];
    const page = pageRequest(values);
    if (!values.files && (page.limit !== undefined || page.cursor !== undefined)) {
      throw new ArtifactstoreError(
        "usage",
        "Cannot show a package: --limit and --cursor go together with --files",
      );
    }
    const shown = await withRegistryOrServer<JsonObject>(context, "read", {
      async direct(registry) {
        const description = await showPackage(registry, id);
        if (!values.files) return description;
        const { items, nextCursor } = await listPackageFiles(registry, id, page);
        return { ...description, files: { items, next_cursor: nextCursor ?? null } };
      },
      async remote({ client }) {
        const description = await client.packages.show(id);
        const files = values.files ? { files: await client.packages.filesPage(id, page) } : {};
        return { ...description, ...files } as unknown as JsonObject;
      },
    });
    await context.out.json(shown);
    return 0;
  },
});
