import { printCanonicalJson } from "../../core/canonical-json.ts";
import type { JsonObject } from "../../core/cbor-value.ts";
import { formatEventCursor } from "../../registry/event-cursor.ts";

/** An event of the log as one of a server-sent event stream; its id is the cursor that resumes after it. */
export function renderEvent(owner: string, event: JsonObject): string {
  // Canonical JSON has no line end in it.
  return `id: ${formatEventCursor(owner, Number(event["sequence"]))}\ndata: ${printCanonicalJson(event)}\n\n`;
}
