import { pullPackage } from "../../registry/pull-package.ts";
import { defineCommand } from "../command.ts";
import { registrationProgress } from "../registration-progress.ts";
import { withRegistry } from "../with-registry.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package" },
    directory: { type: "positional", description: "Where its files go; made if it is not there" },
    force: { type: "boolean", description: "Replace regular files that are there already" },
  },
  async run(context, values) {
    const progress = registrationProgress(context, "Pulling");
    const result = await withRegistry(context, "read", (registry) =>
      pullPackage(registry, values["package-id"], values.directory, {
        force: values.force,
        onProgress: progress.update,
        signal: context.signal,
      }),
    ).finally(progress.finish);
    for (const warning of result.warnings) await context.notices.warn(warning);
    await context.out.json({
      package_id: result.packageId,
      manifest_digest: result.manifestDigest,
      file_count: result.fileCount,
      bytes: result.bytes,
      directory: result.directory,
    });
    return 0;
  },
});
