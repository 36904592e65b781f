import { printCanonicalJson } from "../core/canonical-json.ts";
import { mapField, textField } from "./payload-fields.ts";
import type { ProjectionBatch } from "./projection-batch.ts";
import type { ProjectionEvent } from "./projection-event.ts";

export async function projectSchemaRegistered(batch: ProjectionBatch, event: ProjectionEvent): Promise<void> {
  const columns = ["slug", "digest", "json_schema", "registered_at", "last_event_sequence"];
  await batch.writer.insert(batch.tables.metadata_schemas, columns, [
    [
      textField(event, "slug"),
      textField(event, "digest"),
      printCanonicalJson(mapField(event, "json_schema")),
      event.created_at,
      event.sequence,
    ],
  ]);
}
