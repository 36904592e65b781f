import { createHash } from "node:crypto";
import { sql } from "drizzle-orm/sql/sql";
import type { JsonValue } from "../core/cbor-value.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import { IDEMPOTENCY_EXPIRY_MS, IDEMPOTENCY_KEY_MAX_LENGTH } from "../core/limits.ts";
import { formatTimestamp } from "../core/timestamp.ts";
import type { DatabaseWriter, RegistryDatabase } from "../db/registry-database.ts";
import { type IdempotencyRow, idempotencyKeys } from "../db/request-tables.ts";
import { writeTogether } from "../db/write-together.ts";
import { isDeadHolder } from "./dead-holder.ts";
import type { RegistryContext } from "./registry-context.ts";

const KEY_PATTERN = /^[\x21-\x7e]+$/;

/** A first request that has not answered after this is taken for dead. Milliseconds. */
const AT_WORK_MS = 10 * 60 * 1000;

/** Rows past their time that one new key takes along, so that none wait for a cleaner. Count. */
const CLEARED_AT_ONCE = 100;

interface AtWork {
  readonly fingerprint: Uint8Array;
  readonly answer: Promise<JsonValue>;
}

/** What this process is at work on in each registry, by digest of the key in hex. */
const atWorkIn = new WeakMap<RegistryDatabase, Map<string, AtWork>>();

/**
 * Does a piece of work once for a key and answers the same to whoever asks again with it: the actor of the context, within
 * a day. One who asks while the first is at work in this process waits for it. Work that fails is forgotten, so that it
 * can be tried again.
 *
 * The answer is kept after the work is done, in a transaction of its own: a server that is killed between the two does
 * the work again when it is asked again. What must not happen twice even then has a name of its own: an external id.
 *
 * @param fingerprint what is asked, all of it that matters: the same key with another one is `idempotency_conflict`
 * Throws `invalid_input` (not a key), `idempotency_conflict`, `idempotency_busy` while another process is at work; and what
 * the work throws.
 */
export async function withIdempotency<Answer extends JsonValue>(
  context: RegistryContext,
  key: string,
  fingerprint: string | Uint8Array,
  work: () => Promise<Answer>,
): Promise<Answer> {
  checkKey(key);
  const keyDigest = digest(context.actor, "\0", key);
  const asked = digest(fingerprint);
  const name = Buffer.from(keyDigest).toString("hex");
  const atWork = atWorkIn.get(context.database) ?? new Map<string, AtWork>();
  atWorkIn.set(context.database, atWork);
  const other = atWork.get(name);
  if (other !== undefined) {
    if (!equalBytes(other.fingerprint, asked)) throw conflict(key);
    return (await other.answer) as Answer;
  }
  const answer = answerOnce(context, key, keyDigest, asked, work);
  atWork.set(name, { fingerprint: asked, answer });
  try {
    return await answer;
  } finally {
    atWork.delete(name);
  }
}

async function answerOnce<Answer extends JsonValue>(
  context: RegistryContext,
  key: string,
  keyDigest: Uint8Array,
  fingerprint: Uint8Array,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const known = await writeTogether(
    context.database,
    (writer) => claim(context, writer, key, keyDigest, fingerprint),
    { isPassing: true },
  );
  if (known !== undefined) return JSON.parse(known) as Answer;
  let answer: Answer;
  try {
    answer = await work();
  } catch (error) {
    await writeTogether(
      context.database,
      (writer) => writer.run(sql`DELETE FROM ${idempotencyKeys} WHERE key_digest = ${keyDigest}`),
      { isPassing: true },
    );
    throw error;
  }
  const expiresAt = formatTimestamp(context.clock() + IDEMPOTENCY_EXPIRY_MS);
  await writeTogether(context.database, (writer) =>
    writer.run(sql`UPDATE ${idempotencyKeys} SET answer = ${JSON.stringify(answer)}, expires_at = ${expiresAt}
      WHERE key_digest = ${keyDigest}`),
  );
  return answer;
}

/** The answer that is known, or `undefined`: then the work is this caller's. */
async function claim(
  { clock, holder }: RegistryContext,
  writer: DatabaseWriter,
  key: string,
  keyDigest: Uint8Array,
  fingerprint: Uint8Array,
): Promise<string | undefined> {
  const now = formatTimestamp(clock());
  const row = await writer.get<IdempotencyRow>(
    sql`SELECT * FROM ${idempotencyKeys} WHERE key_digest = ${keyDigest}`,
  );
  if (row !== undefined && row.expires_at > now) {
    if (!equalBytes(row.fingerprint, fingerprint)) throw conflict(key);
    if (row.answer !== null) return row.answer;
    // What this process is at work on has been found before.
    if (row.holder !== holder && !isDeadHolder(row.holder)) {
      throw new ArtifactstoreError(
        "idempotency_busy",
        `Cannot answer again for idempotency key "${key}": another process is at work on the first request`,
      );
    }
  }
  await writer.run(sql`DELETE FROM ${idempotencyKeys} WHERE key_digest = ${keyDigest}`);
  await clearExpired(writer, now);
  await writer.insert(
    idempotencyKeys,
    ["key_digest", "fingerprint", "answer", "holder", "expires_at"],
    [[keyDigest, fingerprint, null, holder, formatTimestamp(clock() + AT_WORK_MS)]],
  );
  return undefined;
}

async function clearExpired(writer: DatabaseWriter, now: string): Promise<void> {
  await writer.run(sql`DELETE FROM ${idempotencyKeys} WHERE key_digest IN (
    SELECT key_digest FROM ${idempotencyKeys} WHERE expires_at <= ${now} LIMIT ${CLEARED_AT_ONCE})`);
}

function checkKey(key: string): void {
  if (key.length <= IDEMPOTENCY_KEY_MAX_LENGTH && KEY_PATTERN.test(key)) return;
  throw new ArtifactstoreError(
    "invalid_input",
    `Cannot use an idempotency key: it is not 1 to ${IDEMPOTENCY_KEY_MAX_LENGTH} visible ASCII characters`,
  );
}

function digest(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function conflict(key: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "idempotency_conflict",
    `Cannot answer for idempotency key "${key}": it came with another request before`,
  );
}
