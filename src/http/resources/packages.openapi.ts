import { jsonAnswer, jsonBody } from "../openapi/json-content.ts";
import type { Operation, Parameter } from "../openapi/operation.ts";
import { pageOf, ref } from "../openapi/schemas.ts";
import { PAGE_PARAMETERS } from "../page-parameters.ts";

const FILTERS: readonly (readonly [name: string, description: string])[] = [
  ["producer", "Of this producer"],
  ["subject", "About this subject"],
  ["retention_class", "Of this retention class"],
  ["status", "In this state"],
  ["external_id", "Of this external id"],
  ["manifest_digest", "With this manifest digest"],
  ["content_address", "With a file of this content"],
  ["sha256", "With a file of this content, hex"],
  ["created_from", "Created at this time or later"],
  ["created_before", "Created before this time"],
  ["expires_from", "Expires at this time or later"],
  ["expires_before", "Expires before this time"],
];

const FILTER_PARAMETERS: readonly Parameter[] = [
  ...FILTERS.map(
    ([name, description]): Parameter => ({ name, in: "query", description, schema: { type: "string" } }),
  ),
  {
    name: "metadata.{key}",
    in: "query",
    description: "With this top-level member of the metadata, compared as text; any number of keys",
    schema: { type: "string" },
  },
];

/** `Idempotency-Key`, for routes that create. */
export const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "1 to 255 visible ASCII characters: the same key with the same body is answered the same again, with another body refused",
  schema: { type: "string", maxLength: 255 },
};

export const PACKAGE_OPERATIONS = {
  create: {
    id: "createPackage",
    tag: "packages",
    summary: "Begin a package",
    description:
      "Files are added to it until it is finalized. A producer's external id names one live package: a second request with it is answered with the first's id, state and manifest digest, whatever else it says.",
    parameters: [IDEMPOTENCY_KEY],
    body: jsonBody(ref("PackageRequest")),
    responses: {
      "201": jsonAnswer("Created", ref("CreatedPackage"), { Location: "Path of the package" }),
      "200": jsonAnswer("There already, by its external id", ref("CreatedPackage"), {
        Location: "Path of the package",
      }),
    },
    problems: [
      "invalid_json",
      "invalid_input",
      "invalid_metadata",
      "idempotency_conflict",
      "idempotency_busy",
      "unknown_retention_class",
      "metadata_schema_not_found",
      "unsupported_media_type",
      "limit_exceeded",
    ],
  },
  list: {
    id: "listPackages",
    tag: "packages",
    summary: "List packages, the newest first",
    parameters: [...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
    responses: { "200": jsonAnswer("One page", pageOf(ref("ListedPackage"))) },
    problems: ["invalid_input", "limit_exceeded"],
  },
  show: {
    id: "showPackage",
    tag: "packages",
    summary: "Show a package, its retention and where its files lie",
    responses: { "200": jsonAnswer("The package", ref("Package")) },
    problems: ["package_not_found", "invalid_input"],
  },
  files: {
    id: "listPackageFiles",
    tag: "packages",
    summary: "List a package's files in order of path",
    parameters: PAGE_PARAMETERS,
    responses: { "200": jsonAnswer("One page", pageOf(ref("StoredFile"))) },
    problems: ["package_not_found", "invalid_input", "limit_exceeded"],
  },
  events: {
    id: "listPackageEvents",
    tag: "packages",
    summary: "List the events of a package",
    parameters: PAGE_PARAMETERS,
    responses: { "200": jsonAnswer("One page", pageOf(ref("Event"))) },
    problems: ["package_not_found", "invalid_input", "limit_exceeded", "cursor_foreign"],
  },
  finalize: {
    id: "finalizePackage",
    tag: "packages",
    summary: "Seal a package: nothing can be added any more",
    description: "Sealing again is answered the same.",
    responses: { "200": jsonAnswer("Sealed", ref("FinalizedPackage")) },
    problems: ["package_not_found", "package_state", "invalid_input"],
  },
  abandon: {
    id: "abandonPackage",
    tag: "packages",
    summary: "Give up a package that was never finalized",
    body: jsonBody(ref("Reason")),
    responses: { "200": jsonAnswer("Abandoned", ref("AbandonedPackage")) },
    problems: [
      "package_not_found",
      "package_state",
      "invalid_input",
      "invalid_json",
      "unsupported_media_type",
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
