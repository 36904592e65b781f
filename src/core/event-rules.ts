import type { CborMap } from "./cbor-value.ts";
import {
  ADDRESS_RULE,
  checkDocument,
  checkName,
  checkNoByteStrings,
  checkSchemaReference,
  checkSha256,
  hasFields,
  isAddress,
  isSize,
  SIZE_RULE,
} from "./field-rules.ts";
import { NAME_RULES } from "./identifiers.ts";
import { manifestViolations } from "./manifest-rules.ts";
import { isMediaType } from "./media-type.ts";
import { brokenPathRule } from "./package-path.ts";
import { isTimestamp } from "./timestamp.ts";
import { isUuid } from "./uuid.ts";
import { Violations } from "./violations.ts";

/** The columns of an event that the rules look at. */
export interface RuledEvent {
  readonly event_type: string;
  readonly subject_kind: string;
  readonly subject_id: string;
  readonly actor: string;
}

interface TypeRules {
  readonly subjectKind: "package" | "metadata_schema";
  readonly check: (payload: CborMap, event: RuledEvent) => Violations;
}

const CREATED_KEYS = ["name", "producer", "subject", "metadata", "provenance", "retention_class"];
const CREATED_OPTIONAL_KEYS = ["external_id", "metadata_schema"];
const DEFAULT_KEYS = ["retention_class", "duration_seconds", "expires_at"];
const FILE_KEYS = ["file_id", "path", "media_type", "size_bytes", "content_address", "sha256", "locations"];
const FILE_OPTIONAL_KEYS = ["annotations"];
const LOCATION_KEYS = ["location_id", "backend_id", "object_key"];
const ADDED_KEYS = [...LOCATION_KEYS, "file_id", "content_address", "size_bytes", "cause"];
const SCHEMA_KEYS = ["slug", "digest", "json_schema"];

/** By event type, as `docs/events.md` has them. */
const RULES: ReadonlyMap<string, TypeRules> = new Map<string, TypeRules>([
  ["v1.package.created", { subjectKind: "package", check: createdViolations }],
  ["v1.retention.default_applied", { subjectKind: "package", check: defaultViolations }],
  ["v1.file.ingested", { subjectKind: "package", check: fileViolations }],
  ["v1.package.finalized", { subjectKind: "package", check: manifestViolations }],
  ["v1.package.abandoned", { subjectKind: "package", check: abandonedViolations }],
  ["v1.storage.location_added", { subjectKind: "package", check: addedViolations }],
  ["v1.metadata_schema.registered", { subjectKind: "metadata_schema", check: schemaViolations }],
]);

/**
 * What an event breaks of `docs/events.md`, taken alone: its payload by its type, what it is about, and who did it.
 * An event of a type that is not known here may say anything that JSON can say. For people; `undefined` if nothing.
 *
 * @param payload decoded from canonical CBOR
 */
export function brokenEventRule(event: RuledEvent, payload: CborMap): string | undefined {
  const actorRule = NAME_RULES.actor(event.actor);
  if (actorRule !== undefined) return `its actor is refused: ${actorRule}`;
  const rules = RULES.get(event.event_type);
  let found: Violations;
  if (rules === undefined) {
    found = new Violations();
    checkNoByteStrings(found, payload, "");
  } else {
    if (event.subject_kind !== rules.subjectKind) return `it is not about a "${rules.subjectKind}"`;
    if (rules.subjectKind === "package" && !isUuid(event.subject_id)) return "its subject is no package id";
    found = rules.check(payload, event);
  }
  const [first] = found.listed;
  if (first === undefined) return undefined;
  const more = found.count > 1 ? ` (and ${found.count - 1} more)` : "";
  return `its payload is refused: at "${first.pointer}", ${first.message}${more}`;
}

function createdViolations(payload: CborMap): Violations {
  const found = new Violations();
  if (!hasFields(found, payload, "", CREATED_KEYS, CREATED_OPTIONAL_KEYS)) return found;
  checkName(found, payload["name"], "/name", NAME_RULES["package name"]);
  checkName(found, payload["producer"], "/producer", NAME_RULES["producer"]);
  checkName(found, payload["subject"], "/subject", NAME_RULES["subject"]);
  checkName(found, payload["retention_class"], "/retention_class", NAME_RULES["retention class"]);
  if ("external_id" in payload)
    checkName(found, payload["external_id"], "/external_id", NAME_RULES["external id"]);
  if ("metadata_schema" in payload)
    checkSchemaReference(found, payload["metadata_schema"], "/metadata_schema");
  checkDocument(found, payload["metadata"], "/metadata");
  checkDocument(found, payload["provenance"], "/provenance");
  return found;
}

function defaultViolations(payload: CborMap): Violations {
  const found = new Violations();
  if (!hasFields(found, payload, "", DEFAULT_KEYS)) return found;
  const { duration_seconds: duration, expires_at: expiry } = payload;
  checkName(found, payload["retention_class"], "/retention_class", NAME_RULES["retention class"]);
  if (duration !== null && !isSize(duration)) found.add("/duration_seconds", SIZE_RULE);
  if (expiry !== null && !(typeof expiry === "string" && isTimestamp(expiry)))
    found.add("/expires_at", "it is not a time");
  return found;
}

function fileViolations(payload: CborMap): Violations {
  const found = new Violations();
  if (!hasFields(found, payload, "", FILE_KEYS, FILE_OPTIONAL_KEYS)) return found;
  const { path, media_type: mediaType, locations } = payload;
  checkId(found, payload["file_id"], "/file_id");
  checkName(found, path, "/path", brokenPathRule);
  if (typeof mediaType !== "string" || !isMediaType(mediaType))
    found.add("/media_type", 'it is not of the form "type/subtype" in lower case');
  checkBlob(found, payload);
  checkSha256(found, payload["sha256"], "/sha256");
  if ("annotations" in payload) checkDocument(found, payload["annotations"], "/annotations");
  if (!Array.isArray(locations) || locations.length === 0) {
    found.add("/locations", "it is not an array of locations");
    return found;
  }
  for (const [index, location] of locations.entries()) {
    const pointer = `/locations/${index}`;
    if (hasFields(found, location, pointer, LOCATION_KEYS)) checkLocation(found, location, pointer);
  }
  return found;
}

function abandonedViolations(payload: CborMap): Violations {
  const found = new Violations();
  if (hasFields(found, payload, "", ["reason"]))
    checkName(found, payload["reason"], "/reason", NAME_RULES["reason"]);
  return found;
}

function addedViolations(payload: CborMap): Violations {
  const found = new Violations();
  if (!hasFields(found, payload, "", ADDED_KEYS)) return found;
  checkId(found, payload["file_id"], "/file_id");
  checkLocation(found, payload, "");
  checkBlob(found, payload);
  if (payload["cause"] !== "routed" && payload["cause"] !== "restored")
    found.add("/cause", 'it is neither "routed" nor "restored"');
  return found;
}

function schemaViolations(payload: CborMap, event: RuledEvent): Violations {
  const found = new Violations();
  if (!hasFields(found, payload, "", SCHEMA_KEYS)) return found;
  checkName(found, payload["slug"], "/slug", NAME_RULES["schema slug"]);
  if (payload["slug"] !== event.subject_id) found.add("/slug", "it is not the event's subject");
  if (!isAddress(payload["digest"])) found.add("/digest", ADDRESS_RULE);
  checkDocument(found, payload["json_schema"], "/json_schema");
  return found;
}

function checkBlob(found: Violations, payload: CborMap): void {
  if (!isSize(payload["size_bytes"])) found.add("/size_bytes", SIZE_RULE);
  if (!isAddress(payload["content_address"])) found.add("/content_address", ADDRESS_RULE);
}

/** Threat: an object key that leaves the store. It has the rules of a path. */
function checkLocation(
  found: Violations,
  location: { readonly [key: string]: unknown },
  pointer: string,
): void {
  checkId(found, location["location_id"], `${pointer}/location_id`);
  checkName(found, location["backend_id"], `${pointer}/backend_id`, NAME_RULES["storage backend"]);
  checkName(found, location["object_key"], `${pointer}/object_key`, brokenPathRule);
}

function checkId(found: Violations, value: unknown, pointer: string): void {
  if (typeof value !== "string" || !isUuid(value)) found.add(pointer, "it is not a lower-case UUID");
}
