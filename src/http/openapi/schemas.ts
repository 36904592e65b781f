import type { JsonObject } from "../../core/cbor-value.ts";

const text = { type: "string" } as const;
const nullableText = { type: ["string", "null"] } as const;
const count = { type: "integer", minimum: 0 } as const;
const time = { type: "string", format: "date-time", examples: ["2026-01-31T12:00:00.000Z"] } as const;
const nullableTime = { type: ["string", "null"], format: "date-time" } as const;
const uuid = { type: "string", format: "uuid" } as const;
const address = { type: "string", pattern: "^blake3:[0-9a-f]{64}$" } as const;
const nullableAddress = { type: ["string", "null"], pattern: "^blake3:[0-9a-f]{64}$" } as const;
const sha256 = { type: "string", pattern: "^[0-9a-f]{64}$" } as const;
const anyObject = { type: "object", additionalProperties: true } as const;

/** An object of which all members are always there. */
export function object(
  properties: Readonly<Record<string, JsonObject>>,
  optional: Readonly<Record<string, JsonObject>> = {},
): JsonObject {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    required: Object.keys(properties),
  } as JsonObject;
}

export function ref(name: keyof typeof SCHEMAS): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** `{"items": […], "next_cursor": …}`. */
export function pageOf(item: JsonObject): JsonObject {
  return object({ items: { type: "array", items: item }, next_cursor: { type: ["string", "null"] } });
}

const packageSummary: Readonly<Record<string, JsonObject>> = {
  id: uuid,
  name: text,
  producer: text,
  subject: text,
  external_id: nullableText,
  retention_class: text,
  metadata_schema: {
    oneOf: [{ type: "null" }, object({ slug: text, digest: address })],
  },
  metadata: anyObject,
  status: { enum: ["created", "finalized", "abandoned", "garbage_collected", "purged"] },
  created_at: time,
  finalized_at: nullableTime,
  manifest_digest: nullableAddress,
  file_count: count,
  total_size_bytes: count,
  last_event_sequence: count,
};
const abandonment = { abandoned_at: time, abandoned_reason: text } as const;

const location = object({
  id: uuid,
  backend_id: text,
  object_key: text,
  retrieval_tier: text,
  restore_status: nullableText,
  verification_state: text,
  verified_at: nullableTime,
  deletion_state: { enum: ["live", "deleted"] },
});

const file = object(
  {
    id: uuid,
    relative_path: text,
    media_type: text,
    size_bytes: count,
    content_address: address,
    sha256,
  },
  { annotations: anyObject },
);

/** The shapes that answers have, by the names of the OpenAPI document. */
export const SCHEMAS = {
  Problem: object(
    {
      type: { type: "string", format: "uri-reference" },
      title: text,
      status: { type: "integer" },
      code: text,
      request_id: uuid,
      errors: { type: "array", items: object({ pointer: text, message: text }) },
    },
    { detail: text },
  ),
  PackageRequest: {
    ...object(
      { name: text, producer: text, subject: text, retention_class: text },
      {
        metadata: anyObject,
        metadata_schema: { ...nullableText, description: "Slug of a schema that the metadata must satisfy" },
        provenance: anyObject,
        external_id: {
          ...nullableText,
          description: "The producer's own key: one live package of the producer has it",
        },
      },
    ),
    additionalProperties: false,
  },
  CreatedPackage: object({
    id: uuid,
    status: text,
    manifest_digest: nullableAddress,
    reused_existing: { type: "boolean" },
  }),
  ListedPackage: object({ ...packageSummary, current_expires_at: nullableTime }, abandonment),
  Package: object(
    {
      ...packageSummary,
      provenance: anyObject,
      retention: {
        oneOf: [
          { type: "null" },
          object({
            retention_class: text,
            duration_seconds: { type: ["integer", "null"] },
            current_expires_at: nullableTime,
            eligible_for_deletion: { type: "boolean" },
            marked_at: nullableTime,
          }),
        ],
      },
      storage: { type: "array", items: object({ backend_id: text, file_count: count }) },
    },
    abandonment,
  ),
  FinalizedPackage: object({
    id: uuid,
    status: { const: "finalized" },
    manifest_digest: address,
    file_count: count,
    reused_existing: { type: "boolean" },
  }),
  AbandonedPackage: object({ id: uuid, status: { const: "abandoned" } }),
  Reason: { ...object({ reason: text }), additionalProperties: false },
  StoredFile: { allOf: [file, object({ locations: { type: "array", items: location } })] },
  File: { allOf: [file, object({ package_id: uuid, package_status: text })] },
  AddedFile: {
    allOf: [file, object({ package_id: uuid, reused_existing: { type: "boolean" } })],
  },
  Event: object({
    sequence: { type: "integer", minimum: 1 },
    created_at: time,
    event_type: text,
    subject_kind: { enum: ["package", "metadata_schema", "store"] },
    subject_id: text,
    actor: text,
    payload_digest: address,
    payload: anyObject,
  }),
  MetadataSchema: object({
    slug: text,
    digest: address,
    registered_at: nullableTime,
    json_schema: anyObject,
  }),
  ListedMetadataSchema: object({ slug: text, digest: address, registered_at: time }),
  RegisteredMetadataSchema: object({
    id: text,
    slug: text,
    digest: address,
    reused_existing: { type: "boolean" },
  }),
  Manifest: anyObject,
  Health: object({
    status: { enum: ["ok", "degraded"] },
    db: object({ healthy: { type: "boolean" }, detail: text }),
    backend: object({
      backend_id: text,
      healthy: { type: "boolean" },
      detail: text,
      free_bytes: { type: ["integer", "null"] },
      total_bytes: { type: ["integer", "null"] },
    }),
    backends: { type: "array", items: anyObject },
  }),
  Banner: object({ name: text, version: text, commit: nullableText, documentation: text, openapi: text }),
  RetentionClass: object({ name: text, default_duration_seconds: { type: ["integer", "null"] } }),
  Retention: anyObject,
} as const satisfies Readonly<Record<string, JsonObject>>;
