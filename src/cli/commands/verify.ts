import { ArtifactstoreError } from "../../core/errors.ts";
import { MANIFEST_MAX_BYTES } from "../../core/limits.ts";
import { API_ARGUMENTS } from "../api-arguments.ts";
import { defineCommand } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { readInputFile } from "../read-input-file.ts";
import { registrationProgress } from "../registration-progress.ts";
import { withRegistryOrServer } from "../with-remote.ts";

const INTEGRITY_EXIT = 5;

export const command = defineCommand({
  arguments: {
    target: { type: "positional", description: "Package to verify; with --manifest a directory" },
    manifest: {
      type: "string",
      description: "A saved manifest (CBOR): compare a directory with it, without any registry",
      valueHint: "file",
    },
    ...API_ARGUMENTS,
  },
  async run(context, values) {
    return values.manifest === undefined
      ? await verifyStored(context, values.target)
      : await verifySaved(context, values.manifest, values.target);
  },
});

async function verifyStored(context: CommandContext, packageId: string): Promise<number> {
  const progress = registrationProgress(context, "Verifying");
  const options = { onProgress: progress.update, signal: context.signal };
  const result = await withRegistryOrServer(context, "read", {
    async direct(registry) {
      const { verifyPackage } = await import("../../registry/verify-package.ts");
      return await verifyPackage(registry, packageId, options);
    },
    async remote(remote) {
      const { verifyRemotely } = await import("../../remote/verify-remotely.ts");
      return await verifyRemotely(remote, packageId, options);
    },
  }).finally(progress.finish);
  for (const failure of result.failures) {
    const where = [failure.path, failure.backendId].filter((part) => part !== undefined).join(" on ");
    await context.notices.error(`${failure.kind}: ${where === "" ? "" : `${where}: `}${failure.detail}`);
  }
  await context.out.json({
    package_id: result.packageId,
    manifest_digest: result.manifestDigest,
    verified: result.failures.length === 0,
    file_count: result.fileCount,
    blobs_read: result.blobsRead,
    bytes_read: result.bytesRead,
    failures: result.failures.map((failure) => ({
      kind: failure.kind,
      ...(failure.path === undefined ? {} : { path: failure.path }),
      ...(failure.backendId === undefined ? {} : { backend_id: failure.backendId }),
      ...(failure.contentAddress === undefined ? {} : { content_address: failure.contentAddress }),
      detail: failure.detail,
    })),
  });
  return result.failures.length === 0 ? 0 : INTEGRITY_EXIT;
}

async function verifySaved(
  context: CommandContext,
  manifestPath: string,
  directory: string,
): Promise<number> {
  const { verifyDirectory } = await import("../../registry/verify-directory.ts");
  const bytes = readInputFile(manifestPath, MANIFEST_MAX_BYTES);
  if (bytes.length === 0) {
    throw new ArtifactstoreError("invalid_manifest", `Cannot read manifest "${manifestPath}": it is empty`);
  }
  const progress = registrationProgress(context, "Verifying");
  const result = await verifyDirectory(bytes, directory, {
    onProgress: progress.update,
    signal: context.signal,
  }).finally(progress.finish);
  for (const { pointer, message } of result.failures) await context.notices.error(`${pointer} ${message}`);
  await context.out.json({
    manifest_digest: result.manifestDigest,
    verified: result.failureCount === 0,
    file_count: result.fileCount,
    bytes_read: result.bytesRead,
    failure_count: result.failureCount,
    failures: result.failures.map(({ pointer, message }) => ({ path: pointer, detail: message })),
  });
  return result.failureCount === 0 ? 0 : INTEGRITY_EXIT;
}
