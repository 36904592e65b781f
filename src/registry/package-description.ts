import { encodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { JsonObject } from "../core/cbor-value.ts";
import type { ContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { checkExternalId, checkPackageName, checkProducer, checkSubject } from "../core/identifiers.ts";
import { METADATA_MAX_BYTES } from "../core/limits.ts";
import type { RegistryContext, RetentionRule } from "./registry-context.ts";

/** What a producer says of a package, before any file. All of it is sealed in the manifest. */
export interface PackageDescription {
  readonly name: string;
  readonly producer: string;
  readonly subject: string;
  /** The producer's own key; unique per producer among packages that are neither abandoned nor collected. */
  readonly externalId?: string;
  readonly metadataSchema?: { readonly slug: string; readonly digest: ContentAddress };
  readonly metadata: JsonObject;
  readonly provenance: JsonObject;
  readonly retentionClass: string;
}

/** Throws `invalid_input` or `limit_exceeded`. Whether metadata satisfies its schema is checked by who has the schema. */
export function checkDescription(description: PackageDescription): void {
  checkPackageName(description.name);
  checkProducer(description.producer);
  checkSubject(description.subject);
  if (description.externalId !== undefined) checkExternalId(description.externalId);
  checkDocument("metadata", description.metadata);
  checkDocument("provenance", description.provenance);
}

export function checkDocument(what: string, document: JsonObject): void {
  const { length } = encodeCanonicalCbor(document);
  if (length > METADATA_MAX_BYTES) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot create package: its ${what} has ${length} bytes of CBOR, more than ${METADATA_MAX_BYTES}`,
    );
  }
}

/** The rule of a class, by its name. Throws `unknown_retention_class`, naming those that there are. */
export function retentionRule(context: RegistryContext, name: string): RetentionRule {
  const rule = context.retentionClasses.get(name);
  if (rule === undefined) {
    const known = [...context.retentionClasses.keys()].map((known) => `"${known}"`).join(", ");
    throw new ArtifactstoreError(
      "unknown_retention_class",
      `Cannot create package: there is no retention class "${name}"; there are ${known}`,
    );
  }
  return rule;
}
