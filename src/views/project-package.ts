import { bytesToHex } from "@noble/hashes/utils.js";
import { sql } from "drizzle-orm/sql/sql";
import { printCanonicalJson } from "../core/canonical-json.ts";
import { CONTENT_ADDRESS_PREFIX } from "../core/content-address.ts";
import { mapField, optionalMapField, optionalTextField, textField, textOf } from "./payload-fields.ts";
import type { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { PACKAGE_COLUMNS } from "./view-columns.ts";

export async function projectPackageCreated(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  const schema = optionalMapField(event, "metadata_schema");
  await batch.writer.insert(batch.tables.artifact_packages, PACKAGE_COLUMNS, [
    [
      event.subject_id,
      textField(event, "name"),
      textField(event, "producer"),
      textField(event, "subject"),
      optionalTextField(event, "external_id"),
      textField(event, "retention_class"),
      schema === null ? null : textOf(event, schema, "slug"),
      schema === null ? null : textOf(event, schema, "digest"),
      printCanonicalJson(mapField(event, "metadata")),
      printCanonicalJson(mapField(event, "provenance")),
      "created",
      event.created_at,
      event.sequence,
      0,
      0,
      event.sequence,
    ],
  ]);
}

/** The payload is the manifest, so the payload's digest is the manifest's; nothing else of it is needed here. */
export async function projectPackageFinalized(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  await batch.writer.run(sql`
    UPDATE ${batch.tables.artifact_packages} SET status = 'finalized', finalized_at = ${event.created_at},
      manifest_digest = ${CONTENT_ADDRESS_PREFIX + bytesToHex(event.payload_digest)}
    WHERE id = ${event.subject_id}`);
  batch.touch(event.subject_id, event.sequence, 0, 0);
}

export async function projectPackageAbandoned(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  await batch.writer.run(sql`
    UPDATE ${batch.tables.artifact_packages} SET status = 'abandoned', abandoned_at = ${event.created_at},
      abandoned_reason = ${textField(event, "reason")}
    WHERE id = ${event.subject_id}`);
  batch.touch(event.subject_id, event.sequence, 0, 0);
}
