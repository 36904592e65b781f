import type { JsonObject } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { checkReason } from "../../core/identifiers.ts";
import { findPackage } from "../../registry/find-package.ts";
import { type ReadAhead, readSourcesAhead } from "../../registry/read-sources-ahead.ts";
import { registerPackage } from "../../registry/register-package.ts";
import { checkRegisteredSchema } from "../../registry/registered-schema.ts";
import type { RegistrationProgress, RegistrationResult } from "../../registry/registration.ts";
import type { RegistryContext } from "../../registry/registry-context.ts";
import { THREADS_FOR_MANY } from "../../registry/source-tree.ts";
import { type ReadRunOptions, readRun } from "./read-run.ts";
import { GUIDE_BOARD_PRODUCER, type RunPlan } from "./run-plan.ts";

export const DEFAULT_RETENTION_CLASS = "release-evidence";

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
  if (options.supersedes !== undefined) checkReason(options.supersedes.reason);
  let ahead: ReadAhead | undefined;
  const plan = await readRun(directory, {
    ...options,
    onMany: () => registry.threads.prepare(THREADS_FOR_MANY),
    onWalked: (entries) => {
      ahead = readSourcesAhead(registry, entries);
    },
  });
  await checkRegisteredSchema(registry, plan.metadataSchema);
  options.onPlan?.(plan);
  const { externalId, provenance } = await supersede(registry, plan, options.supersedes);
  const retentionClass = options.retentionClass ?? DEFAULT_RETENTION_CLASS;
  const { slug, digest } = plan.metadataSchema;
  const result = await registerPackage(registry, {
    description: {
      name: plan.name,
      producer: plan.producer,
      subject: plan.subject,
      externalId,
      metadataSchema: { slug, digest },
      metadata: plan.metadata,
      provenance,
      retentionClass,
    },
    sources: plan.files.map((file) =>
      file.declared?.mediaType === undefined ? file : { ...file, mediaType: file.declared.mediaType },
    ),
    ...(ahead === undefined ? {} : { ahead }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { ...result, runId: plan.runId, externalId, retentionClass, warnings: plan.warnings };
}

/** `run` for the first package of a run, `run#2` for the one that corrects it, and so on. */
async function supersede(
  registry: RegistryContext,
  plan: RunPlan,
  supersedes: IngestRunOptions["supersedes"],
): Promise<{ externalId: string; provenance: JsonObject }> {
  if (supersedes === undefined) return { externalId: plan.externalId, provenance: plan.provenance };
  const { packageId, reason } = supersedes;
  const old = await findPackage(registry, packageId);
  const refuse = (state: string) =>
    new ArtifactstoreError("package_state", `Cannot supersede package "${packageId}": ${state}`);
  if (old.producer !== GUIDE_BOARD_PRODUCER) throw refuse(`its producer is "${old.producer}"`);
  if (old.manifest_digest === null) throw refuse(`it is ${old.status} and was never finalized`);
  const number = supersededNumber(old.external_id, plan.externalId);
  if (number === undefined) {
    throw refuse(`its external id is "${old.external_id ?? ""}", not that of run "${plan.runId}"`);
  }
  return {
    externalId: `${plan.externalId}#${number + 1}`,
    provenance: { ...plan.provenance, supersedes: old.manifest_digest, supersedes_reason: reason },
  };
}

/** 1 for the run's own external id, n for `run#n`. */
function supersededNumber(externalId: string | null, runExternalId: string): number | undefined {
  if (externalId === runExternalId) return 1;
  if (externalId === null || !externalId.startsWith(`${runExternalId}#`)) return undefined;
  const number = Number(externalId.slice(runExternalId.length + 1));
  return Number.isSafeInteger(number) && number >= 2 ? number : undefined;
}
