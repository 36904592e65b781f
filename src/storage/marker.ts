import { ArtifactstoreError } from "../core/errors.ts";
import { isTimestamp } from "../core/timestamp.ts";

/** What `store.json` says: which registry the store belongs to. */
export interface StoreMarker {
  /** UUID of the owning registry. */
  readonly registryId: string;
  /** When the store was claimed: `YYYY-MM-DDTHH:MM:SS.sssZ`. */
  readonly createdAt: string;
}

/** A marker has some 150 bytes. */
export const MARKER_MAX_BYTES = 4096;

const FORMAT = "artifactstore-store";
const VERSION = 1;
const KEYS = "created_at,format,registry_id,version";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

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
  if (typeof version === "number" && Number.isInteger(version) && version > VERSION) {
    throw new ArtifactstoreError(
      "store_foreign",
      `Cannot use the store: its marker has the later version "${version}"`,
    );
  }
  if (version !== VERSION) throw unreadable(`its version is not "${VERSION}"`);
  if (Object.keys(document).sort().join() !== KEYS) throw unreadable(`its keys are not "${KEYS}"`);
  const { registry_id: registryId, created_at: createdAt } = document;
  if (typeof registryId !== "string" || !UUID.test(registryId))
    throw unreadable("its registry id is no UUID");
  if (typeof createdAt !== "string" || !isTimestamp(createdAt)) throw unreadable("its time is none");
  return { registryId, createdAt };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable("it is no JSON", error);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unreadable("it is no JSON object");
  return value as Record<string, unknown>;
}

function unreadable(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("store_damaged", `Cannot read the store's marker: ${state}`, { cause });
}
