import { sql } from "drizzle-orm/sql/sql";
import { printCanonicalJson } from "../core/canonical-json.ts";
import { CONTENT_ADDRESS_PREFIX } from "../core/content-address.ts";
import type { ColumnValue } from "../db/registry-database.ts";
import { integerField, mapsField, optionalMapField, textField, textOf } from "./payload-fields.ts";
import type { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { LOCATION_COLUMNS } from "./view-columns.ts";

/** Not asynchronous: files come by the thousand, and their rows are only gathered. */
export function projectFileIngested(batch: ProjectionBatch, event: ProjectionEvent): undefined {
  const fileId = textField(event, "file_id");
  const address = textField(event, "content_address");
  const sizeBytes = integerField(event, "size_bytes");
  const annotations = optionalMapField(event, "annotations");
  batch.addFile([
    fileId,
    event.subject_id,
    textField(event, "path"),
    textField(event, "media_type"),
    sizeBytes,
    "blake3",
    address.slice(CONTENT_ADDRESS_PREFIX.length),
    textField(event, "sha256"),
    address,
    annotations === null ? null : printCanonicalJson(annotations),
    event.sequence,
  ]);
  for (const location of mapsField(event, "locations")) {
    batch.addLocation(
      locationRow(event, {
        id: textOf(event, location, "location_id"),
        fileId,
        backendId: textOf(event, location, "backend_id"),
        address,
        objectKey: textOf(event, location, "object_key"),
      }),
    );
  }
  batch.touch(event.subject_id, event.sequence, 1, sizeBytes);
}

/** A copy on a further backend, or one that was lost and is stored again: then its old verdict falls. */
export async function projectLocationAdded(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  await batch.flush();
  const row = locationRow(event, {
    id: textField(event, "location_id"),
    fileId: textField(event, "file_id"),
    backendId: textField(event, "backend_id"),
    address: textField(event, "content_address"),
    objectKey: textField(event, "object_key"),
  });
  const columns = sql.join(
    LOCATION_COLUMNS.map((column) => sql.identifier(column)),
    sql`, `,
  );
  const values = sql.join(
    row.map((value) => sql`${value}`),
    sql`, `,
  );
  await batch.writer.run(sql`
    INSERT INTO ${batch.tables.storage_locations} (${columns}) VALUES (${values})
    ON CONFLICT (file_id, backend_id) DO UPDATE SET object_key = excluded.object_key,
      verification_state = excluded.verification_state, verified_at = NULL,
      deletion_state = excluded.deletion_state, last_event_sequence = excluded.last_event_sequence`);
  batch.touch(event.subject_id, event.sequence, 0, 0);
}

interface NewLocation {
  readonly id: string;
  readonly fileId: string;
  readonly backendId: string;
  readonly address: string;
  readonly objectKey: string;
}

/** In the order of `LOCATION_COLUMNS`. */
function locationRow(event: ProjectionEvent, location: NewLocation): ColumnValue[] {
  return [
    location.id,
    location.fileId,
    location.backendId,
    location.address,
    location.objectKey,
    "hot",
    "unverified",
    "live",
    event.created_at,
    event.sequence,
  ];
}
