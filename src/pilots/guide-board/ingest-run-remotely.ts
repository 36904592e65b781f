import { readSourcesAhead } from "../../registry/read-sources-ahead.ts";
import { registerRemotely } from "../../remote/register-remotely.ts";
import type { RemoteRegistry } from "../../remote/remote-registry.ts";
import { ensureRemoteSchema } from "../../remote/remote-schema.ts";
import { ingestInto } from "./ingest-into.ts";
import type { IngestRunOptions, IngestRunResult } from "./ingest-run.ts";

/** As `ingestRun`, through a server; a schema of the caller's own is registered there. */
export async function ingestRunRemotely(
  remote: RemoteRegistry,
  directory: string,
  options: IngestRunOptions = {},
): Promise<IngestRunResult> {
  return await ingestInto(
    {
      threads: remote.threads,
      readAhead: (entries) => readSourcesAhead(remote, entries),
      checkSchema: (schema) => ensureRemoteSchema(remote, schema),
      findPackage: (packageId) => remote.client.packages.show(packageId),
      register: (request) => registerRemotely(remote, request),
    },
    directory,
    options,
  );
}
