import type { JsonObject } from "../../core/cbor-value.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import { checkReason } from "../../core/identifiers.ts";
import type { ReadAhead } from "../../registry/read-sources-ahead.ts";
import type { RegistrationRequest, RegistrationResult } from "../../registry/registration.ts";
import { type SourceEntry, THREADS_FOR_MANY } from "../../registry/source-tree.ts";
import type { MetadataSchema } from "../../schema/metadata-schema.ts";
import type { IngestRunOptions, IngestRunResult } from "./ingest-run.ts";
import { readRun } from "./read-run.ts";
import { GUIDE_BOARD_PRODUCER, type RunPlan } from "./run-plan.ts";

const DEFAULT_RETENTION_CLASS = "release-evidence";

/** Where a run goes: a registry, or a server. */
export interface IngestDestination {
  readonly threads: { prepare(threads: number): void };
  /** Begins to read files before it is known what they are. */
  readAhead(entries: readonly SourceEntry[]): ReadAhead | undefined;
  /** Throws `metadata_schema_conflict`. */
  checkSchema(schema: MetadataSchema): Promise<void>;
  /** Throws `package_not_found`. */
  findPackage(packageId: string): Promise<KnownPackage>;
  register(request: RegistrationRequest): Promise<RegistrationResult>;
}

interface KnownPackage {
  readonly producer: string;
  readonly status: string;
  readonly external_id: string | null;
  readonly manifest_digest: string | null;
}

/** Reads a run, checks it, and registers it wherever it goes. */
export async function ingestInto(
  destination: IngestDestination,
  directory: string,
  options: IngestRunOptions,
): Promise<IngestRunResult> {
  if (options.supersedes !== undefined) checkReason(options.supersedes.reason);
  let ahead: ReadAhead | undefined;
  const plan = await readRun(directory, {
    ...options,
    onMany: () => destination.threads.prepare(THREADS_FOR_MANY),
    onWalked: (entries) => {
      ahead = destination.readAhead(entries);
    },
  });
  await destination.checkSchema(plan.metadataSchema);
  options.onPlan?.(plan);
  const { externalId, provenance } = await supersede(destination, plan, options.supersedes);
  const retentionClass = options.retentionClass ?? DEFAULT_RETENTION_CLASS;
  const { slug, digest } = plan.metadataSchema;
  const result = await destination.register({
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
  destination: IngestDestination,
  plan: RunPlan,
  supersedes: IngestRunOptions["supersedes"],
): Promise<{ externalId: string; provenance: JsonObject }> {
  if (supersedes === undefined) return { externalId: plan.externalId, provenance: plan.provenance };
  const { packageId, reason } = supersedes;
  const old = await destination.findPackage(packageId);
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
