import { pullPackage } from "../../registry/pull-package.ts";
import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import { registrationProgress } from "../registration-progress.ts";
import { withRegistryOrServer } from "../with-remote.ts";

export const command = defineCommand({
  arguments: {
    "package-id": { type: "positional", description: "Package" },
    directory: { type: "positional", description: "Where its files go; made if it is not there" },
    force: { type: "boolean", description: "Replace regular files that are there already" },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    const progress = registrationProgress(context, "Pulling");
    const { "package-id": id, directory, force } = values;
    const options = { force, onProgress: progress.update, signal: context.signal };
    const result = await withRegistryOrServer(context, "read", {
      direct: (registry) => pullPackage(registry, id, directory, options),
      async remote(remote) {
        const { pullRemotely } = await import("../../remote/pull-remotely.ts");
        return await pullRemotely(remote, id, directory, options);
      },
    }).finally(progress.finish);
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
