import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import { ensureRegistryId } from "../log/registry-id.ts";
import { validateMetadata } from "../schema/validate-metadata.ts";
import { livePackageByExternalId } from "../views/query-packages.ts";
import { findSchema } from "./find-schema.ts";
import { routeTargets } from "./own-stores.ts";
import { checkDescription, type PackageDescription, retentionRule } from "./package-description.ts";
import { beginningEvents } from "./package-events.ts";
import { record } from "./record.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What a producer says of a package that it fills file by file. */
export interface PackageRequest {
  readonly name: string;
  readonly producer: string;
  readonly subject: string;
  readonly retentionClass: string;
  readonly metadata: JsonObject;
  readonly provenance: JsonObject;
  readonly externalId?: string;
  /** The slug of a schema that the metadata must satisfy. */
  readonly metadataSchema?: string;
}

export interface CreatedPackage {
  readonly packageId: string;
  /** `created`, or `finalized` for one that was there already. */
  readonly status: string;
  readonly manifestDigest: ContentAddress | undefined;
  /** Whether there was one of this producer and external id, whatever else was said of it. */
  readonly existed: boolean;
}

/**
 * Begins a package that has no files yet. One producer's external id names one live package: a second request answers
 * the first's. Throws `invalid_input`, `limit_exceeded`, `unknown_retention_class`, `metadata_schema_not_found`,
 * `invalid_metadata`, `configuration`.
 */
export async function createPackage(
  context: RegistryContext,
  request: PackageRequest,
): Promise<CreatedPackage> {
  const { metadataSchema: slug, ...said } = request;
  const schema = slug === undefined ? undefined : await findSchema(context, slug);
  const description: PackageDescription = {
    ...said,
    ...(schema === undefined ? {} : { metadataSchema: { slug: schema.slug, digest: schema.digest } }),
  };
  checkDescription(description);
  const rule = retentionRule(context, description.retentionClass);
  // A route that names no configured backend is found out before anything is recorded.
  routeTargets(context, description.producer, description.retentionClass);
  if (schema !== undefined) await validateMetadata(schema, description.metadata);
  const packageId = context.newId();
  let found: CreatedPackage | undefined;
  await record(context, async ({ writer, createdAt }) => {
    const { producer, externalId } = description;
    const live =
      externalId === undefined ? undefined : await livePackageByExternalId(writer, producer, externalId);
    if (live !== undefined) {
      found = {
        packageId: live.id,
        status: live.status,
        manifestDigest: (live.manifest_digest as ContentAddress | null) ?? undefined,
        existed: true,
      };
      return [];
    }
    await ensureRegistryId(writer, context.newRandomId, createdAt);
    return beginningEvents(packageId, description, rule, createdAt);
  });
  return found ?? { packageId, status: "created", manifestDigest: undefined, existed: false };
}
