import type { JsonObject } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { HoldRow } from "../db/view-tables.ts";
import { holdsOfPackage, retentionOfPackage } from "../views/query-retention.ts";
import { listEvents } from "./list-events.ts";
import type { RegistryContext } from "./registry-context.ts";
import { findVisiblePackage, type Visibility } from "./visible-package.ts";

/** Events that changed when, or whether, a package may be deleted. */
const RETENTION_EVENT = /^v1\.retention\./;

/**
 * Why a package is kept, and until when: its class, the rule that was applied when it was created, the date in force,
 * what changed it, and who holds it. Throws `package_not_found`, `log_damaged`.
 */
export async function explainRetention(
  context: RegistryContext,
  visible: Visibility,
  packageId: string,
): Promise<JsonObject> {
  const row = await findVisiblePackage(context, visible, packageId);
  const { retention, holds } = await context.database.read(async (reader) => ({
    retention: await retentionOfPackage(reader, row.id),
    holds: await holdsOfPackage(reader, row.id),
  }));
  if (retention === undefined) {
    throw new ArtifactstoreError(
      "log_damaged",
      `Cannot explain retention of package "${row.id}": it has none`,
    );
  }
  const history: JsonObject[] = [];
  for await (const event of listEvents(context, { subject: row.id })) {
    if (!RETENTION_EVENT.test(String(event["event_type"]))) continue;
    const { sequence, created_at, event_type, actor, payload } = event;
    history.push({
      sequence: sequence ?? null,
      created_at: created_at ?? null,
      event_type: event_type ?? null,
      actor: actor ?? null,
      payload: payload ?? null,
    });
  }
  const open = holds.filter((hold) => hold.released_at === null);
  return {
    package_id: row.id,
    status: row.status,
    retention_class: retention.retention_class,
    rule: { requested_class: row.retention_class, duration_seconds: retention.duration_seconds },
    created_at: row.created_at,
    current_expires_at: retention.current_expires_at,
    eligible_for_deletion: retention.eligible_for_deletion === 1,
    marked_at: retention.marked_at,
    held: open.length > 0,
    holds: holds.map(describeHold),
    history,
  };
}

function describeHold(hold: HoldRow): JsonObject {
  return {
    id: hold.id,
    name: hold.name,
    reason: hold.reason,
    reference: hold.reference,
    applied_at: hold.applied_at,
    applied_by: hold.applied_by,
    released_at: hold.released_at,
    released_by: hold.released_by,
    release_reason: hold.release_reason,
  };
}
