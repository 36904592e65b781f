import { ArtifactstoreError } from "../core/errors.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { isTimestamp } from "../core/timestamp.ts";
import { isUuid } from "../core/uuid.ts";

/** What `store.json` says: which registry the store belongs to. */
export interface StoreMarker {
  /** UUID of the owning registry. */
  readonly registryId: string;
  /** When the store was claimed or adopted: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly createdAt: string;
}

/** A marker has some 150 bytes. */
export const MARKER_MAX_BYTES = 4096;

const FORMAT = "artifactstore-store";
const VERSION = 1;
const KEYS = "created_at,format,registry_id,version";
/** A marker is flat. Levels. */
const DEPTH_MAX = 1;

export function formatMarker(marker: StoreMarker): string {
  const { registryId, createdAt } = marker;
  const document = { format: FORMAT, version: VERSION, registry_id: registryId, created_at: createdAt };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/**
 * Reads a marker. Throws `store_damaged` for anything that is not one, and `store_foreign` for one of a later version:
 * what that version lets us do is not known.
 */
export function parseMarker(text: string): StoreMarker {
  if (text.length > MARKER_MAX_BYTES) throw unreadable(`it is longer than ${MARKER_MAX_BYTES} bytes`);
  const document = parseObject(text);
  if (document["format"] !== FORMAT) throw unreadable(`its format is not "${FORMAT}"`);
  const version = document["version"];
  if (typeof version === "number" && version > VERSION) {
    throw new ArtifactstoreError(
      "store_foreign",
      `Cannot use the store: its marker has the later version "${version}"`,
    );
  }
  if (version !== VERSION) throw unreadable(`its version is not "${VERSION}"`);
  if (Object.keys(document).sort().join() !== KEYS) throw unreadable(`its keys are not "${KEYS}"`);
  const { registry_id: registryId, created_at: createdAt } = document;
  if (typeof registryId !== "string" || !isUuid(registryId)) throw unreadable("its registry id is no UUID");
  if (typeof createdAt !== "string" || !isTimestamp(createdAt)) throw unreadable("its time is none");
  return { registryId, createdAt };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseStrictJson(text, "the store's marker", { depthMax: DEPTH_MAX });
  } catch (error) {
    throw unreadable("it is no JSON", error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unreadable("it is no JSON object");
  return { ...value };
}

function unreadable(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("store_damaged", `Cannot read the store's marker: ${state}`, { cause });
}
