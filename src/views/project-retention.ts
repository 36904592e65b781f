import { sql } from "drizzle-orm/sql/sql";
import { optionalIntegerField, optionalTextField, textField } from "./payload-fields.ts";
import type { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";
import { RETENTION_COLUMNS } from "./view-columns.ts";

/** Sets a package's first expiry, and remembers the duration that its class had then. */
export async function projectRetentionDefault(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  const { writer, tables } = batch;
  const retentionClass = textField(event, "retention_class");
  const durationSeconds = optionalIntegerField(event, "duration_seconds");
  await writer.insert(tables.retention_state, RETENTION_COLUMNS, [
    [
      event.subject_id,
      retentionClass,
      durationSeconds,
      optionalTextField(event, "expires_at"),
      0,
      event.sequence,
    ],
  ]);
  await writer.run(sql`
    INSERT INTO ${tables.retention_classes} (name, default_duration_seconds, last_event_sequence)
    VALUES (${retentionClass}, ${durationSeconds}, ${event.sequence})
    ON CONFLICT (name) DO UPDATE SET default_duration_seconds = excluded.default_duration_seconds,
      last_event_sequence = excluded.last_event_sequence`);
  batch.touch(event.subject_id, event.sequence, 0, 0);
}
