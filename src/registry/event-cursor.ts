import { ArtifactstoreError } from "../core/errors.ts";
import { parseUuid } from "../core/uuid.ts";
import { readRegistryId } from "../log/registry-id.ts";
import type { RegistryContext } from "./registry-context.ts";

/** In cursors of a registry that has events (a schema was registered) and no id yet, since it has no package. */
const NO_REGISTRY_ID = "00000000-0000-0000-0000-000000000000";

/** `<registry id>.<sequence>`: callers hand it back as it is. */
const CURSOR = /^([0-9a-f-]{36})\.(0|[1-9][0-9]{0,14})$/;

/** What names a place in the log of one registry. */
export async function eventCursorOwner(context: RegistryContext): Promise<string> {
  return (await context.database.read(readRegistryId)) ?? NO_REGISTRY_ID;
}

export function formatEventCursor(owner: string, sequence: number): string {
  return `${owner}.${sequence}`;
}

/**
 * The sequence of a cursor. Throws `invalid_input` for what is no cursor, `cursor_foreign` for another registry's: its
 * sequences mean other events.
 */
export async function parseEventCursor(context: RegistryContext, text: string): Promise<number> {
  const [, owner, sequence] = CURSOR.exec(text) ?? [];
  if (owner === undefined || sequence === undefined) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot read events: "${text.slice(0, 80)}" is not a cursor`,
    );
  }
  parseUuid(owner, "registry id of the cursor");
  const own = await eventCursorOwner(context);
  if (owner !== own && owner !== NO_REGISTRY_ID) {
    throw new ArtifactstoreError(
      "cursor_foreign",
      `Cannot read events: the cursor is of registry "${owner}", not of this one`,
    );
  }
  return Number(sequence);
}
