import type { ShownPackage, StoredFile } from "../client/documents.ts";
import { printCanonicalJson } from "../core/canonical-json.ts";
import { isArtifactstoreError } from "../core/errors.ts";
import { LIST_ITEMS_MAX } from "../core/limits.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { PackageDescription } from "../registry/package-description.ts";
import type { RegistrationRequest } from "../registry/registration.ts";
import { ContentDiffers, RaceLost } from "../registry/registration-errors.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/**
 * What an unfinished package has already, by path. Throws `ContentDiffers` if it is about something else, or if the
 * token may not look into it: then nobody can say that it is not.
 */
export async function findUnfinished(
  { client }: RemoteRegistry,
  { description, sources, signal }: RegistrationRequest,
  packageId: string,
): Promise<ReadonlyMap<string, StoredFile>> {
  const call = signal === undefined ? {} : { signal };
  try {
    const shown = await client.packages.show(packageId, call);
    if (shown.status !== "created") throw new RaceLost();
    if (!isDescribedAs(shown, description)) throw new ContentDiffers("its description differs");
    const sizes = new Map(sources.map((source) => [source.path, source.sizeBytes]));
    const logged = new Map<string, StoredFile>();
    for await (const file of client.packages.files(packageId, { limit: LIST_ITEMS_MAX, ...call })) {
      if (sizes.get(file.relative_path) !== file.size_bytes)
        throw new ContentDiffers(`file ${quoteForTerminal(file.relative_path)} differs`);
      logged.set(file.relative_path, file);
    }
    return logged;
  } catch (error) {
    if (!isArtifactstoreError(error, "forbidden")) throw error;
    throw new ContentDiffers("what it holds cannot be read with this token");
  }
}

function isDescribedAs(shown: ShownPackage, description: PackageDescription): boolean {
  return (
    shown.name === description.name &&
    shown.subject === description.subject &&
    shown.retention_class === description.retentionClass &&
    shown.metadata_schema?.slug === description.metadataSchema?.slug &&
    shown.metadata_schema?.digest === description.metadataSchema?.digest &&
    printCanonicalJson(shown.metadata) === printCanonicalJson(description.metadata) &&
    printCanonicalJson(shown.provenance) === printCanonicalJson(description.provenance)
  );
}
