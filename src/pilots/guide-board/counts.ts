import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { setMember } from "../../core/plain-object.ts";
import { firstField, isJsonArray, isJsonObject, textField } from "./json-fields.ts";

/**
 * Counts for a run that states none: `{total, <kind>: n, …}`, from the items of a document in `normalized/`. Without
 * such a document nothing is said, not even that there are none.
 *
 * @param document a list of items, or an object with such a list inside
 * @param kindKeys what an item may call its kind, best first
 */
export function countItems(document: JsonValue | undefined, kindKeys: readonly string[]): JsonObject {
  if (document === undefined) return {};
  const items = itemsOf(document);
  const counts = new Map<string, number>();
  for (const item of items) {
    const kind = isJsonObject(item) ? textField(item, kindKeys) : undefined;
    if (kind !== undefined && kind !== "total") counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const result: Record<string, JsonValue> = { total: items.length };
  for (const [kind, count] of counts) setMember(result, kind, count);
  return result;
}

const LIST_KEYS = ["items", "evidence", "findings", "results", "entries"];

function itemsOf(document: JsonValue): readonly JsonValue[] {
  if (isJsonArray(document)) return document;
  const list = isJsonObject(document) ? firstField(document, LIST_KEYS) : undefined;
  return isJsonArray(list) ? list : [];
}
