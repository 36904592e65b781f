import { ArtifactstoreError } from "../core/errors.ts";
import { PACKAGE_FILES_MAX } from "../core/limits.ts";
import { checkMediaType } from "../core/media-type.ts";
import { checkPackagePath } from "../core/package-path.ts";
import { checkPackagePaths } from "../core/package-paths.ts";
import { checkDocument } from "./package-description.ts";
import type { RegistrationRequest } from "./registration.ts";

/** What can be said of a registration's files before one is read. Throws `invalid_input`, `limit_exceeded`, `invalid_path`. */
export function checkSources({ sources }: RegistrationRequest): void {
  if (sources.length === 0) {
    throw new ArtifactstoreError("invalid_input", "Cannot create package: there is no file in it");
  }
  if (sources.length > PACKAGE_FILES_MAX) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot create package: it has ${sources.length} files, more than ${PACKAGE_FILES_MAX}`,
    );
  }
  for (const { path, mediaType, annotations } of sources) {
    checkPackagePath(path);
    if (mediaType !== undefined) checkMediaType(mediaType);
    if (annotations !== undefined) checkDocument("annotations", annotations);
  }
  checkPackagePaths(sources.map((source) => source.path));
}
