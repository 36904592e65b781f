import type { JsonObject, JsonValue } from "../../core/cbor-value.ts";
import { compareUtf8 } from "../../core/utf8-order.ts";
import { firstField, isJsonArray, isJsonObject, textField } from "./json-fields.ts";
import type { RunDocuments } from "./run-documents.ts";

/**
 * Which extensions took part, as the run itself says: `[{id, version?, commit?}]` in order of id, or `undefined`.
 * Facts only: an entry may also hold paths of the producer's host, which have no place in a manifest.
 */
export function extensionFacts(documents: RunDocuments): readonly JsonObject[] | undefined {
  const lock = isJsonObject(documents.sourcesLock) ? documents.sourcesLock : {};
  for (const document of [documents.run, documents.retentionSummary, lock]) {
    const stated = firstField(document, ["extensions", "extension", "extension_id"]);
    const facts = stated === undefined ? [] : factsOf(stated);
    if (facts.length > 0) return facts;
  }
  return undefined;
}

function factsOf(stated: JsonValue): readonly JsonObject[] {
  const facts = new Map<string, JsonObject>();
  for (const [key, entry] of entriesOf(stated)) {
    const fact = factOf(key, entry);
    if (fact !== undefined && !facts.has(fact.id)) facts.set(fact.id, fact);
  }
  return [...facts.values()].sort((a, b) => compareUtf8(String(a.id), String(b.id)));
}

/** A list, an object by id, one extension as an object, or one id. */
function entriesOf(stated: JsonValue): readonly (readonly [string | undefined, JsonValue])[] {
  if (isJsonArray(stated)) return stated.map((entry) => [undefined, entry] as const);
  if (!isJsonObject(stated) || textField(stated, ID_KEYS) !== undefined) return [[undefined, stated]];
  return Object.entries(stated);
}

const ID_KEYS = ["id", "extension_id", "slug", "name"];

interface ExtensionFact extends JsonObject {
  readonly id: string;
}

function factOf(key: string | undefined, entry: JsonValue): ExtensionFact | undefined {
  if (typeof entry === "string") {
    const id = key ?? entry;
    if (isHostPath(id)) return undefined;
    return key === undefined || isHostPath(entry) ? { id } : { id, version: entry };
  }
  if (!isJsonObject(entry)) return undefined;
  const id = textField(entry, ID_KEYS) ?? key;
  if (id === undefined || isHostPath(id)) return undefined;
  const version = textField(entry, ["version"]);
  const commit = textField(entry, ["commit", "sha", "source_commit", "revision"]);
  return { id, ...(version === undefined ? {} : { version }), ...(commit === undefined ? {} : { commit }) };
}

/** `../open-cmis-tck`, `/srv/extensions/x`, `C:\\x`: where an extension lay, not what it is. */
function isHostPath(text: string): boolean {
  return /^(?:[./~]|[A-Za-z]:)|\\/.test(text);
}
