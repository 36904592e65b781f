import { printCanonicalJson } from "../../core/canonical-json.ts";
import { readManifest } from "../../registry/read-manifest.ts";
import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import { withRegistryOrServer } from "../with-remote.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package" },
    format: {
      type: "enum",
      options: ["json", "jcs", "cbor"],
      description: "json: with id and digest (default); jcs, cbor: exactly those bytes",
    },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const id = values["package-id"];
    const stored = await withRegistryOrServer(context, "read", {
      direct: (registry) => readManifest(registry, id),
      remote: ({ client }) => client.packages.manifest(id, { signal: context.signal }),
    });
    switch (values.format ?? "json") {
      case "cbor":
        await context.out.bytes(stored.bytes);
        return 0;
      case "jcs":
        await context.out.text(printCanonicalJson(stored.manifest));
        return 0;
      default:
        await context.out.json({
          package_id: id,
          manifest_digest: stored.digest,
          manifest: stored.manifest,
        });
        return 0;
    }
  },
});
