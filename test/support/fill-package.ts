import { addFile, type IncomingFile } from "../../src/registry/add-file.ts";
import { createPackage, type PackageRequest } from "../../src/registry/create-package.ts";
import { finalizePackage } from "../../src/registry/finalize-package.ts";
import type { AddedFile } from "../../src/registry/place-file.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { streamOf } from "./blob-samples.ts";

export const PACKAGE_REQUEST: PackageRequest = {
  name: "a package",
  producer: "tests",
  subject: "the subject",
  retentionClass: "raw-evidence",
  metadata: { kind: "test" },
  provenance: {},
};

export async function beginPackage(
  registry: RegistryContext,
  more: Partial<PackageRequest> = {},
): Promise<string> {
  return (await createPackage(registry, { ...PACKAGE_REQUEST, ...more })).packageId;
}

/** Sends one file as a stream of some chunks. */
export function sendFile(
  registry: RegistryContext,
  packageId: string,
  path: string,
  content: string | Uint8Array,
  more: Partial<IncomingFile> = {},
): Promise<AddedFile> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const file = { path, maxBytes: 16_000_000, ...more };
  return addFile(registry, packageId, file, streamOf(bytes, 50_000));
}

/** A finalized package of these files; answers the ids of the files by their paths. */
export async function fillPackage(
  registry: RegistryContext,
  files: Readonly<Record<string, string | Uint8Array>>,
  more: Partial<PackageRequest> = {},
): Promise<{ readonly packageId: string; readonly fileIds: ReadonlyMap<string, string> }> {
  const packageId = await beginPackage(registry, more);
  const fileIds = new Map<string, string>();
  for (const [path, content] of Object.entries(files)) {
    fileIds.set(path, (await sendFile(registry, packageId, path, content)).fileId);
  }
  await finalizePackage(registry, packageId);
  return { packageId, fileIds };
}
