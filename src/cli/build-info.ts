import packageJson from "../../package.json" with { type: "json" };

/** The commit that the binary was built from; the build puts it here. Not there when run from source. */
declare const ARTIFACTSTORE_BUILD_COMMIT: string | undefined;

export const VERSION: string = packageJson.version;

/** `undefined` when run from source. */
export const COMMIT: string | undefined =
  typeof ARTIFACTSTORE_BUILD_COMMIT === "undefined" ? undefined : ARTIFACTSTORE_BUILD_COMMIT;
