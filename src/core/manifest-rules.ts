import type { CborValue } from "./cbor-value.ts";
import {
  ADDRESS_RULE,
  checkDocument,
  checkName,
  checkSchemaReference,
  checkSha256,
  hasFields,
  isAddress,
  isSize,
  SIZE_RULE,
} from "./field-rules.ts";
import { NAME_RULES } from "./identifiers.ts";
import { PACKAGE_FILES_MAX } from "./limits.ts";
import { MANIFEST_VERSION } from "./manifest.ts";
import { isMediaType } from "./media-type.ts";
import { brokenPathRule } from "./package-path.ts";
import { pathConflicts } from "./package-paths.ts";
import { isPlainObject } from "./plain-object.ts";
import { Violations } from "./violations.ts";

const FILE_KEYS = ["path", "media_type", "size_bytes", "content_address", "sha256"];
const FILE_OPTIONAL_KEYS = ["annotations"];
const RECEIPT_KEYS = ["content_address", "size_bytes"];

interface BlobFacts {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Whether a receipt names the blob; set as the receipts are read. */
  hasReceipt: boolean;
}

/** Every rule of a manifest of version 1: structure first, then what must agree within it. */
export function manifestViolations(value: CborValue): Violations {
  const found = new Violations();
  if (!isPlainObject(value)) {
    found.add("", "it is not a map");
    return found;
  }
  if (value["manifest_version"] !== MANIFEST_VERSION) {
    // Of another version nothing else can be said.
    found.add("/manifest_version", `it is not ${MANIFEST_VERSION}, the version that is known here`);
    return found;
  }
  const keys = [
    "manifest_version",
    "package",
    "files",
    "storage_receipts",
    "retention_summary",
    "provenance",
  ];
  if (!hasFields(found, value, "", keys)) return found;
  checkPackage(found, value["package"]);
  const blobs = checkFiles(found, value["files"]);
  checkReceipts(found, value["storage_receipts"], blobs);
  checkRetention(found, value["retention_summary"]);
  checkDocument(found, value["provenance"], "/provenance");
  return found;
}

function checkPackage(found: Violations, value: unknown): void {
  const optional = ["external_id", "metadata_schema"];
  if (!hasFields(found, value, "/package", ["name", "producer", "subject", "metadata"], optional)) return;
  checkName(found, value["name"], "/package/name", NAME_RULES["package name"]);
  checkName(found, value["producer"], "/package/producer", NAME_RULES["producer"]);
  checkName(found, value["subject"], "/package/subject", NAME_RULES["subject"]);
  if ("external_id" in value)
    checkName(found, value["external_id"], "/package/external_id", NAME_RULES["external id"]);
  if ("metadata_schema" in value) {
    checkSchemaReference(found, value["metadata_schema"], "/package/metadata_schema");
  }
  checkDocument(found, value["metadata"], "/package/metadata");
}

/** What the files say of their blobs; `undefined` if a file does not say it rightly, so that nothing can be compared. */
function checkFiles(found: Violations, value: unknown): ReadonlyMap<string, BlobFacts> | undefined {
  if (!Array.isArray(value)) {
    found.add("/files", "it is not an array");
    return undefined;
  }
  if (value.length > PACKAGE_FILES_MAX) {
    found.add("/files", `it has more than ${PACKAGE_FILES_MAX} files`);
    return undefined;
  }
  const paths: string[] = [];
  const blobs = new Map<string, BlobFacts>();
  let described = 0;
  for (let index = 0; index < value.length; index++) {
    if (checkFile(found, value[index], index, paths, blobs)) described += 1;
  }
  // Indices are right only if every file has a path.
  if (paths.length === value.length) {
    for (const { index, rule } of pathConflicts(paths)) found.add(`/files/${index}/path`, rule);
  }
  return described === value.length ? blobs : undefined;
}

/** Answers whether the file's blob is among `blobs` now. */
function checkFile(
  found: Violations,
  file: unknown,
  index: number,
  paths: string[],
  blobs: Map<string, BlobFacts>,
): boolean {
  const pointer = `/files/${index}`;
  if (!hasFields(found, file, pointer, FILE_KEYS, FILE_OPTIONAL_KEYS)) return false;
  const { path, media_type: mediaType, size_bytes: sizeBytes, content_address: address, sha256 } = file;
  if (typeof path === "string") {
    paths.push(path);
    const rule = brokenPathRule(path);
    if (rule !== undefined) found.add(`${pointer}/path`, rule);
  } else {
    found.add(`${pointer}/path`, "it is not a text");
  }
  if (typeof mediaType !== "string" || !isMediaType(mediaType)) {
    found.add(`${pointer}/media_type`, 'it is not of the form "type/subtype" in lower case');
  }
  checkSha256(found, sha256, `${pointer}/sha256`);
  if ("annotations" in file) checkDocument(found, file["annotations"], `${pointer}/annotations`);
  if (!isSize(sizeBytes)) found.add(`${pointer}/size_bytes`, SIZE_RULE);
  if (!isAddress(address)) found.add(`${pointer}/content_address`, ADDRESS_RULE);
  if (!isSize(sizeBytes) || !isAddress(address) || typeof sha256 !== "string") return false;
  const known = blobs.get(address);
  if (known === undefined) {
    blobs.set(address, { sizeBytes, sha256, hasReceipt: false });
    return true;
  }
  const message = "another file of this content address differs";
  if (known.sizeBytes !== sizeBytes) found.add(`${pointer}/size_bytes`, message);
  if (known.sha256 !== sha256) found.add(`${pointer}/sha256`, message);
  return true;
}

/** Strictly in order, and one for each distinct blob of the files, no other. */
function checkReceipts(
  found: Violations,
  value: unknown,
  blobs: ReadonlyMap<string, BlobFacts> | undefined,
): void {
  if (!Array.isArray(value)) {
    found.add("/storage_receipts", "it is not an array");
    return;
  }
  let previous = "";
  for (let index = 0; index < value.length; index++) {
    const pointer = `/storage_receipts/${index}`;
    const receipt: unknown = value[index];
    if (!hasFields(found, receipt, pointer, RECEIPT_KEYS)) continue;
    const { content_address: address, size_bytes: sizeBytes } = receipt;
    if (!isSize(sizeBytes)) found.add(`${pointer}/size_bytes`, SIZE_RULE);
    if (!isAddress(address)) {
      found.add(`${pointer}/content_address`, ADDRESS_RULE);
      continue;
    }
    if (address <= previous) found.add(`${pointer}/content_address`, "it is not in order, or there twice");
    previous = address;
    const blob = blobs?.get(address);
    if (blob !== undefined) {
      blob.hasReceipt = true;
      if (isSize(sizeBytes) && blob.sizeBytes !== sizeBytes) {
        found.add(`${pointer}/size_bytes`, "it differs from the size of the files");
      }
    } else if (blobs !== undefined) {
      found.add(`${pointer}/content_address`, "no file has this content address");
    }
  }
  if (blobs === undefined) return;
  for (const [address, { hasReceipt }] of blobs) {
    if (!hasReceipt) found.add("/storage_receipts", `there is none for "${address}"`);
  }
}

function checkRetention(found: Violations, value: unknown): void {
  if (!hasFields(found, value, "/retention_summary", ["retention_class"])) return;
  checkName(
    found,
    value["retention_class"],
    "/retention_summary/retention_class",
    NAME_RULES["retention class"],
  );
}
