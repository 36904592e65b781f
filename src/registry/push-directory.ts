import type { JsonObject } from "../core/cbor-value.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { describePush } from "./describe-push.ts";
import { findSchema } from "./find-schema.ts";
import { registerPackage } from "./register-package.ts";
import { checkRegisteredSchema } from "./registered-schema.ts";
import type { RegistrationProgress, RegistrationResult } from "./registration.ts";
import type { RegistryContext } from "./registry-context.ts";
import { THREADS_FOR_MANY, walkSourceTree } from "./source-tree.ts";

export interface PushOptions {
  readonly producer: string;
  readonly subject: string;
  readonly retentionClass: string;
  /** Default: the external id, else the directory's own name. */
  readonly name?: string;
  /** With one, a push is idempotent; without, each makes a new package. */
  readonly externalId?: string;
  readonly metadata?: JsonObject;
  /** What the metadata must satisfy: a slug (registered, or part of the program), or a schema of the caller's own. */
  readonly schema?: string | MetadataSchema;
  readonly provenance?: JsonObject;
  /** Globs; those given are recorded as `provenance.excluded`. */
  readonly exclude?: readonly string[];
  readonly onProgress?: (progress: RegistrationProgress) => void;
  readonly signal?: AbortSignal;
}

export interface PushResult extends RegistrationResult {
  readonly name: string;
  /** Globs that matched nothing. */
  readonly unusedGlobs: readonly string[];
}

/**
 * Registers any directory as one package: every regular file below it. What can be checked is checked before anything
 * is recorded. Throws as `walkSourceTree`, `validateMetadata` and `registerPackage` do, and
 * `metadata_schema_not_found`, `metadata_schema_conflict`.
 */
export async function pushDirectory(
  context: RegistryContext,
  directory: string,
  options: PushOptions,
): Promise<PushResult> {
  const tree = await walkSourceTree(directory, {
    onMany: () => context.threads.prepare(THREADS_FOR_MANY),
    exclude: options.exclude ?? [],
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const schema = await chosenSchema(context, options.schema);
  const description = await describePush(tree, options, schema);
  const result = await registerPackage(context, {
    description,
    sources: tree.entries,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { ...result, name: description.name, unusedGlobs: tree.exclusion.unusedGlobs() };
}

async function chosenSchema(
  context: RegistryContext,
  schema: string | MetadataSchema | undefined,
): Promise<MetadataSchema | undefined> {
  if (schema === undefined) return undefined;
  if (typeof schema === "string") return await findSchema(context, schema);
  await checkRegisteredSchema(context, schema);
  return schema;
}
