import { findPackage } from "../../registry/find-package.ts";
import { readSourcesAhead } from "../../registry/read-sources-ahead.ts";
import { registerPackage } from "../../registry/register-package.ts";
import { checkRegisteredSchema } from "../../registry/registered-schema.ts";
import type { RegistrationProgress, RegistrationResult } from "../../registry/registration.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import { type IngestDestination, ingestInto } from "./ingest-into.ts";
import type { ReadRunOptions } from "./read-run.ts";
import type { RunPlan } from "./run-plan.ts";

export interface IngestRunOptions extends ReadRunOptions {
  /** Default `release-evidence`. */
  readonly retentionClass?: string;
  /** Makes the corrected package of one that was finalized; the reason is sealed with it. */
  readonly supersedes?: { readonly packageId: string; readonly reason: string };
  /** Called once the run is read, before its first byte is stored. */
  readonly onPlan?: (plan: RunPlan) => void;
  readonly onProgress?: (progress: RegistrationProgress) => void;
}

export interface IngestRunResult extends RegistrationResult {
  readonly runId: string;
  readonly externalId: string;
  readonly retentionClass: string;
  readonly warnings: readonly string[];
}

/**
 * Ingests one guide-board run directory as one package. Idempotent by run id: the same run again answers the same
 * package; other content under the same run id is refused (`content_conflict`) unless it supersedes.
 *
 * All that can be checked before the first byte is stored is checked before anything is recorded; see `readRun` for
 * those errors and `registerPackage` for the rest.
 */
export async function ingestRun(
  registry: RegistryContext,
  directory: string,
  options: IngestRunOptions = {},
): Promise<IngestRunResult> {
  return await ingestInto(directDestination(registry), directory, options);
}

function directDestination(registry: RegistryContext): IngestDestination {
  return {
    threads: registry.threads,
    readAhead: (entries) => readSourcesAhead(registry, entries),
    checkSchema: (schema) => checkRegisteredSchema(registry, schema),
    findPackage: (packageId) => findPackage(registry, packageId),
    register: (request) => registerPackage(registry, request),
  };
}
