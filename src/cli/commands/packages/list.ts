import { listPackages } from "../../../registry/list-packages.ts";
import { PACKAGE_STATUSES, type PackageFilters } from "../../../registry/package-filters.ts";
import { API_ARGUMENTS } from "../../api-arguments.ts";
import { defineCommand } from "../../command.ts";
import { PAGE_ARGUMENTS, pageRequest } from "../../page-arguments.ts";
import { parsePairs } from "../../parse-pairs.ts";
import { printPage, receivedPage } from "../../print-page.ts";
import { withRegistryOrServer } from "../../with-remote.ts";

export const command = defineCommand({
  arguments: {
    producer: { type: "string", description: "Of this producer", valueHint: "producer" },
    subject: { type: "string", description: "About this subject", valueHint: "subject" },
    "retention-class": { type: "string", description: "Of this retention class", valueHint: "class" },
    status: { type: "enum", options: PACKAGE_STATUSES, description: "In this state" },
    "external-id": { type: "string", description: "Of this external id", valueHint: "id" },
    "manifest-digest": { type: "string", description: "Of this manifest digest", valueHint: "blake3:hex" },
    "content-address": {
      type: "string",
      description: "With a file of this content",
      valueHint: "blake3:hex",
    },
    sha256: { type: "string", description: "With a file of this content", valueHint: "hex" },
    metadata: {
      type: "string",
      description: "With this top-level member of the metadata",
      valueHint: "key=value",
      multiple: true,
    },
    "created-from": { type: "string", description: "Created at this time or later", valueHint: "time" },
    "created-before": { type: "string", description: "Created before this time", valueHint: "time" },
    "expires-from": { type: "string", description: "Expires at this time or later", valueHint: "time" },
    "expires-before": { type: "string", description: "Expires before this time", valueHint: "time" },
    ...PAGE_ARGUMENTS,
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const metadata = parsePairs("--metadata", "key=value", values.metadata);
    const filters = given({
      producer: values.producer,
      subject: values.subject,
      retention_class: values["retention-class"],
      status: values.status,
      external_id: values["external-id"],
      manifest_digest: values["manifest-digest"],
      content_address: values["content-address"],
      sha256: values.sha256,
      metadata: metadata.size === 0 ? undefined : metadata,
      created_from: values["created-from"],
      created_before: values["created-before"],
      expires_from: values["expires-from"],
      expires_before: values["expires-before"],
    });
    const page = pageRequest(values);
    await printPage(
      context,
      await withRegistryOrServer(context, "read", {
        direct: (registry) => listPackages(registry, filters, page),
        remote: async ({ client }) =>
          receivedPage(
            await client.packages.listPage({ ...filters, metadata: Object.fromEntries(metadata) }, page),
          ),
      }),
    );
    return 0;
  },
});

/** Only the filters that were given. */
function given(filters: { readonly [Key in keyof PackageFilters]: PackageFilters[Key] | undefined }) {
  return Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== undefined),
  ) as PackageFilters;
}
