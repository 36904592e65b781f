import { describePush } from "../registry/describe-push.ts";
import type { PushOptions, PushResult } from "../registry/push-directory.ts";
import { THREADS_FOR_MANY, walkSourceTree } from "../registry/source-tree.ts";
import type { MetadataSchema } from "../schema/metadata-schema.ts";
import { registerRemotely } from "./register-remotely.ts";
import type { RemoteRegistry } from "./remote-registry.ts";
import { findRemoteSchema, isSchemaKnown } from "./remote-schema.ts";

/** As `pushDirectory`, through a server; a schema of the caller's own is registered there. */
export async function pushRemotely(
  remote: RemoteRegistry,
  directory: string,
  options: PushOptions,
): Promise<PushResult> {
  const { client } = remote;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const tree = await walkSourceTree(directory, {
    onMany: () => remote.threads.prepare(THREADS_FOR_MANY),
    exclude: options.exclude ?? [],
    ...signal,
  });
  const { schema } = options;
  const found = typeof schema === "string" ? await findRemoteSchema(remote, schema) : schema;
  const unknown = isOwn(schema) && !(await isSchemaKnown(remote, schema)) ? schema : undefined;
  const description = await describePush(tree, options, found);
  // Only what this metadata satisfies takes the slug.
  if (unknown !== undefined) await client.metadataSchemas.register(unknown.slug, unknown.json_schema);
  const result = await registerRemotely(remote, {
    description,
    sources: tree.entries,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...signal,
  });
  return { ...result, name: description.name, unusedGlobs: tree.exclusion.unusedGlobs() };
}

function isOwn(schema: string | MetadataSchema | undefined): schema is MetadataSchema {
  return typeof schema === "object";
}
