/**
 * The HTTP API of artifactstore from outside, by `fetch` alone: for Bun, Deno, Node and browsers.
 *
 * ```ts
 * const client = createClient({ baseUrl: "https://evidence.example", token });
 * const { id } = await client.packages.create({ name, producer, subject, retention_class: "release-evidence" });
 * await client.packageFiles.put(id, "reports/report.md", bytes);
 * const { manifest_digest } = await client.packages.finalize(id);
 * ```
 */
export { ArtifactstoreError, type ErrorCode, type FieldError, isArtifactstoreError } from "../core/errors.ts";
export type { Manifest, ManifestFile } from "../core/manifest.ts";
export { ApiError } from "./api-error.ts";
export type { ClientHashes, ClientOptions, RetryNotice } from "./client-options.ts";
export { type ArtifactstoreClient, createClient, type ServerHealth } from "./create-client.ts";
export type * from "./documents.ts";
export type { DownloadOptions } from "./download.ts";
export type { EventSelection, FollowedEvent, FollowOptions } from "./events-api.ts";
export type { ExpectedFile } from "./files-api.ts";
export { inParallel } from "./in-parallel.ts";
export type { PutOptions, UploadSource } from "./package-files-api.ts";
export type { CallOptions, CreateOptions, PackageFilters, SealedManifest } from "./packages-api.ts";
export type { OpenFrom, ResumableFile } from "./resumable-upload.ts";
export type { FileInMemory } from "./tar-archive.ts";
export type { UploadBody } from "./transport.ts";
