import { sql } from "drizzle-orm/sql/sql";
import type { Manifest } from "../core/manifest.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import { integerField, textField } from "./payload-fields.ts";
import type { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { sealDifference, type ViewSource } from "./seal-difference.ts";

/** Told of every event that contradicts those before it; may throw. */
export type ReportContradiction = (sequence: number, message: string) => void;

type Status = PackageRow["status"] | undefined;

/**
 * What one page of replayed events must be to those before it: files, retention and an end only for a package that was
 * created and has not ended; a copy only of a file that was recorded; a manifest of just the files that were. Each
 * event is checked before it is projected. Make one for each page: it remembers the packages that it has met.
 */
export class ReplayRules {
  readonly #report: ReportContradiction;
  readonly #sealed: ViewSource | "replayed" | undefined;
  readonly #statuses = new Map<string, Status>();

  /**
   * @param sealed views with an index over the paths of a package, where manifests are compared first: what they have
   *   otherwise is looked up in the replayed set. `replayed`: that set has the index itself. None: manifests are not
   *   compared.
   */
  constructor(report: ReportContradiction, sealed?: ViewSource | "replayed") {
    this.#report = report;
    this.#sealed = sealed;
  }

  /** Not asynchronous for the most of events: a file of a package that this page has met. */
  check(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> | undefined {
    if (event.subject_kind !== "package") return undefined;
    const { subject_id: id, event_type: type } = event;
    if (type === "v1.package.created") {
      this.#statuses.set(id, "created");
      return undefined;
    }
    if (!this.#statuses.has(id)) return this.#lookUp(batch, event);
    return this.#checkKnown(batch, event);
  }

  async #lookUp(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
    const { writer, tables } = batch;
    const row = await writer.get<Pick<PackageRow, "status">>(
      sql`SELECT status FROM ${tables.artifact_packages} WHERE id = ${event.subject_id}`,
    );
    this.#statuses.set(event.subject_id, row?.status);
    await this.#checkKnown(batch, event);
  }

  #checkKnown(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> | undefined {
    const { sequence, subject_id: id, event_type: type } = event;
    const status = this.#statuses.get(id);
    if (status === undefined) {
      this.#report(sequence, `is about package "${id}", which no event created`);
      return undefined;
    }
    if (type === "v1.storage.location_added") return this.#checkCopy(batch, event);
    if (status !== "created") {
      this.#report(sequence, `is about package "${id}", which was ${status} before`);
      return undefined;
    }
    if (type === "v1.package.abandoned") this.#statuses.set(id, "abandoned");
    if (type !== "v1.package.finalized") return undefined;
    this.#statuses.set(id, "finalized");
    return this.#checkManifest(batch, event);
  }

  async #checkManifest(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
    if (this.#sealed === undefined) return;
    // The rules of a payload have been looked at before: it is a manifest.
    const manifest = event.value as unknown as Manifest;
    const { sequence, subject_id: id } = event;
    if (this.#sealed !== "replayed") {
      if ((await sealDifference(this.#sealed, id, manifest, sequence)) === undefined) return;
    }
    await batch.flush();
    const replayed = { reader: batch.writer, tables: batch.tables };
    const difference = await sealDifference(replayed, id, manifest, sequence);
    if (difference !== undefined) this.#report(sequence, difference);
  }

  async #checkCopy(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
    await batch.flush();
    const { writer, tables } = batch;
    const file = await writer.get<Pick<FileRow, "package_id" | "content_address" | "size_bytes">>(sql`
      SELECT package_id, content_address, size_bytes FROM ${tables.artifact_files}
      WHERE id = ${textField(event, "file_id")}`);
    const isRight =
      file?.package_id === event.subject_id &&
      file.content_address === textField(event, "content_address") &&
      file.size_bytes === integerField(event, "size_bytes");
    if (!isRight) this.#report(event.sequence, "is about a copy of a file that no event recorded so");
  }
}
