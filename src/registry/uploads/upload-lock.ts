import { type SQL, sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import { type UploadRow, uploads } from "../../db/request-tables.ts";
import { writeTogether } from "../../db/write-together.ts";
import { isDeadHolder } from "../dead-holder.ts";
import type { RegistryContext } from "../registry-context.ts";
import { readUpload } from "./upload.ts";

/** A lock that nobody renews is void after this. Milliseconds. */
const LOCK_MS = 30_000;

/** One writer's right to an upload. */
export interface UploadLock {
  readonly row: UploadRow;
  /** Aborts when the sender comes again: its earlier request is dead, and only this side does not know. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

interface Held {
  readonly controller: AbortController;
  readonly released: Promise<void>;
}

/** What this process holds, by the id of the upload. */
const heldHere = new Map<string, Held>();

/**
 * Takes an upload for one request. Another request of this process that has it is ended first: a sender that lost its
 * connection comes again long before the old one is noticed to be dead. Throws `upload_not_found`; `upload_busy` while
 * another process has it.
 */
export async function lockUpload(context: RegistryContext, id: string): Promise<UploadLock> {
  for (let held = heldHere.get(id); held !== undefined; held = heldHere.get(id)) {
    held.controller.abort(busy(id));
    await held.released;
  }
  const released = Promise.withResolvers<void>();
  const controller = new AbortController();
  heldHere.set(id, { controller, released: released.promise });
  const letGo = () => {
    heldHere.delete(id);
    released.resolve();
  };
  try {
    const row = await writeTogether(context.database, async (writer) => {
      const found = await readUpload(context, writer, id);
      if (isLocked(context, found)) throw busy(id);
      await writer.run(lockStatement(context, id, sql`1 = 1`));
      return found;
    });
    const heartbeat = setInterval(() => {
      // A lock that was lost meanwhile stays lost: it shows when the next bytes are counted.
      const renewal = lockStatement(context, id, sql`locked_by = ${context.holder}`);
      writeTogether(context.database, (writer) => writer.run(renewal), { isPassing: true }).catch(
        () => undefined,
      );
    }, LOCK_MS / 3);
    heartbeat.unref();
    return {
      row,
      signal: controller.signal,
      async release() {
        clearInterval(heartbeat);
        const unlock = sql`UPDATE ${uploads} SET locked_by = NULL, locked_until = NULL
          WHERE id = ${id} AND locked_by = ${context.holder}`;
        try {
          await writeTogether(context.database, (writer) => writer.run(unlock), { isPassing: true });
        } finally {
          letGo();
        }
      },
    };
  } catch (error) {
    letGo();
    throw error;
  }
}

/** Whether another living process has it. What this one has is known here. */
export function isLocked(context: RegistryContext, row: UploadRow): boolean {
  const { locked_by: holder, locked_until: until } = row;
  if (holder === null || until === null || holder === context.holder) return false;
  return until > formatTimestamp(context.clock()) && !isDeadHolder(holder);
}

export function isHeldHere(id: string): boolean {
  return heldHere.has(id);
}

function lockStatement({ holder, clock }: RegistryContext, id: string, condition: SQL): SQL {
  return sql`UPDATE ${uploads} SET locked_by = ${holder}, locked_until = ${formatTimestamp(clock() + LOCK_MS)}
    WHERE id = ${id} AND ${condition}`;
}

export function busy(id: string): ArtifactstoreError {
  return new ArtifactstoreError("upload_busy", `Cannot write to upload "${id}": another request is writing`);
}
