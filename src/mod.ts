/**
 * artifactstore as a library. The program is a thin layer over these functions; the guide-board pilot has an entry of
 * its own, `artifactstore/pilots/guide-board`.
 *
 * ```ts
 * const { registry, close } = await openConfiguredRegistry();
 * const { manifest } = await readManifest(registry, packageId);
 * await close();
 * ```
 */
export { type OpenedRegistry, openRegistry } from "./compose.ts";
export { type ContentAddress, parseContentAddress } from "./core/content-address.ts";
export { ArtifactstoreError, type ErrorCode, type FieldError, isArtifactstoreError } from "./core/errors.ts";
export type { Manifest, ManifestFile } from "./core/manifest.ts";
export { parseManifest } from "./core/parse-manifest.ts";
export { type OpenConfiguredOptions, openConfiguredRegistry } from "./open-configured-registry.ts";
export { abandonPackage } from "./registry/abandon-package.ts";
export { addFile, type ExpectedBody, type IncomingFile } from "./registry/add-file.ts";
export { type CreatedPackage, createPackage, type PackageRequest } from "./registry/create-package.ts";
export { type DownloadableFile, downloadFile } from "./registry/download-file.ts";
export { exportLog, type LogExport } from "./registry/export-log.ts";
export { type FinalizedPackage, finalizePackage } from "./registry/finalize-package.ts";
export { withIdempotency } from "./registry/idempotency.ts";
export { importLog, type LogImport } from "./registry/import-log.ts";
export { missingBlobs, type Visible } from "./registry/missing-blobs.ts";
export { type ArchivedFile, type OpenedArchive, openArchive } from "./registry/open-archive.ts";
export type { PackageDescription } from "./registry/package-description.ts";
export type { AddedFile } from "./registry/place-file.ts";
export { readManifest, type StoredManifest } from "./registry/read-manifest.ts";
export { type ReferencedFile, referenceFiles } from "./registry/reference-files.ts";
export { registerPackage } from "./registry/register-package.ts";
export type {
  RegistrationProgress,
  RegistrationRequest,
  RegistrationResult,
  RegistrationSource,
  RestoredCopy,
} from "./registry/registration.ts";
export type { RegistryContext } from "./registry/registry-context.ts";
export { type SourceEntry, type SourceTree, walkSourceTree } from "./registry/source-tree.ts";
export { appendUpload, findUpload, type UploadPart } from "./registry/uploads/append-upload.ts";
export { createUpload, type UploadRequest } from "./registry/uploads/create-upload.ts";
export { clearExpiredUploads, terminateUpload } from "./registry/uploads/end-uploads.ts";
export type { Upload } from "./registry/uploads/upload.ts";
export { type DirectoryVerification, verifyDirectory } from "./registry/verify-directory.ts";
export {
  type PackageVerification,
  type VerificationFailure,
  verifyPackage,
} from "./registry/verify-package.ts";
