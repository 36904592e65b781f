import type { JsonObject } from "../../core/cbor-value.ts";
import type { SourceEntry } from "../../registry/source-tree.ts";
import type { MetadataSchema } from "../../schema/metadata-schema.ts";

export const GUIDE_BOARD_PRODUCER = "guide-board";

/** What the run's own assessment package says of one of its files; compared while the bytes are read. */
export interface Declaration {
  /** 64 lower-case hex digits. */
  readonly sha256?: string;
  /** 64 lower-case hex digits. */
  readonly blake3?: string;
  readonly sizeBytes?: number;
  /** Lower-case `type/subtype`. */
  readonly mediaType?: string;
}

/** One file to be ingested. */
export interface RunFile extends SourceEntry {
  readonly declared?: Declaration;
}

/**
 * All that a guide-board run says, checked as far as it can be without reading its files through. A pure function of
 * the directory's content and of the options: no host path, time or name of the directory gets into what is sealed
 * (`absolutePath` and the identity of a file serve to open it).
 */
export interface RunPlan {
  readonly producer: typeof GUIDE_BOARD_PRODUCER;
  readonly runId: string;
  /** The run's id, as is `name`. */
  readonly externalId: string;
  readonly name: string;
  /** The target profile's ref. */
  readonly subject: string;
  readonly metadataSchema: MetadataSchema;
  readonly metadata: JsonObject;
  /** `{run_id, source_commits, extensions?, excluded?}`. */
  readonly provenance: JsonObject;
  /** In order of UTF-8 bytes of the path. */
  readonly files: readonly RunFile[];
  /** Left out by a glob: paths, directories with a trailing slash. */
  readonly excludedPaths: readonly string[];
  /** For people; none of them stops an ingest. */
  readonly warnings: readonly string[];
}
