import type { RegistrationResult } from "../registry/registration.ts";

/** What every registration prints first; the first four keys are fixed. */
export function registrationIdentity(result: RegistrationResult) {
  return {
    package_id: result.packageId,
    manifest_digest: result.manifestDigest,
    file_count: result.fileCount,
    reused_existing: result.reusedExisting,
    resumed: result.resumed,
  };
}

/** What every registration prints last. */
export function registrationDetail(result: RegistrationResult) {
  return {
    total_bytes: result.totalBytes,
    restored: result.restored.map((copy) => ({
      path: copy.path,
      backend_id: copy.backendId,
      content_address: copy.contentAddress,
      cause: copy.cause,
    })),
    ...(result.abandonedPackageId === undefined ? {} : { abandoned_package_id: result.abandonedPackageId }),
  };
}
