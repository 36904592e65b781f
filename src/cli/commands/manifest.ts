import { printCanonicalJson } from "../../core/canonical-json.ts";
import { readManifest } from "../../registry/read-manifest.ts";
import { defineCommand } from "../command.ts";
import { withRegistry } from "../with-registry.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package" },
    format: {
      type: "enum",
      options: ["json", "jcs", "cbor"],
      description: "json: with id and digest (default); jcs, cbor: exactly those bytes",
    },
  },
  async run(context, values) {
    const stored = await withRegistry(context, "read", (registry) =>
      readManifest(registry, values["package-id"]),
    );
    switch (values.format ?? "json") {
      case "cbor":
        await context.out.bytes(stored.bytes);
        return 0;
      case "jcs":
        await context.out.text(printCanonicalJson(stored.manifest));
        return 0;
      default:
        await context.out.json({
          package_id: stored.row.id,
          manifest_digest: stored.digest,
          manifest: stored.manifest,
        });
        return 0;
    }
  },
});
