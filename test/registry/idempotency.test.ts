import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { IDEMPOTENCY_KEY_MAX_LENGTH } from "../../src/core/limits.ts";
import { withIdempotency } from "../../src/registry/idempotency.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { withScene } from "../support/registration-scene.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";

/** Work that answers how often it was done. */
function counted() {
  let done = 0;
  return async () => {
    done += 1;
    return { done };
  };
}

function setHolder(registry: RegistryContext, holder: string): Promise<number> {
  return registry.database.write((writer) =>
    writer.run(sql`UPDATE idempotency_keys SET holder = ${holder}, answer = NULL`),
  );
}

describe("withIdempotency", () => {
  it("does work once for a key and what is asked, and answers the same again", () =>
    withScene(async ({ registry }) => {
      const work = counted();
      const ask = (key: string, fingerprint: string | Uint8Array) =>
        withIdempotency(registry, key, fingerprint, work);
      assert.deepEqual(await ask("a", "x"), { done: 1 });
      assert.deepEqual(await ask("a", "x"), { done: 1 });
      assert.deepEqual(await ask("a", new TextEncoder().encode("x")), { done: 1 });
      await rejectsWithCode("idempotency_conflict", ask("a", "y"));
      assert.deepEqual(await ask("b", "y"), { done: 2 });
    }));

  it("keeps the keys of different actors apart", () =>
    withScene(async ({ registry }) => {
      const work = counted();
      const ask = (actor: string) => withIdempotency({ ...registry, actor }, "a", "x", work);
      assert.deepEqual(await ask("one"), { done: 1 });
      assert.deepEqual(await ask("two"), { done: 2 });
      assert.deepEqual(await ask("one"), { done: 1 });
    }));

  it("lets who comes meanwhile wait for the first, and refuses another request", () =>
    withScene(async ({ registry }) => {
      const begun = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      let done = 0;
      const work = async () => {
        begun.resolve();
        await goOn.promise;
        done += 1;
        return done;
      };
      const first = withIdempotency(registry, "a", "x", work);
      await begun.promise;
      const second = withIdempotency(registry, "a", "x", work);
      await rejectsWithCode("idempotency_conflict", withIdempotency(registry, "a", "y", work));
      goOn.resolve();
      assert.deepEqual(await Promise.all([first, second]), [1, 1]);
    }));

  it("forgets work that failed", () =>
    withScene(async ({ registry }) => {
      const failure = new RangeError("not now");
      const failing = withIdempotency(registry, "a", "x", () => Promise.reject(failure));
      await assert.rejects(failing, (error) => error === failure);
      assert.equal(await withIdempotency(registry, "a", "y", async () => "done"), "done");
    }));

  it("forgets an answer after a day, and clears what is over", () =>
    withScene(async ({ registry }) => {
      const work = counted();
      const at = (hours: number) => ({ ...registry, clock: () => registry.clock() + hours * 3_600_000 });
      await withIdempotency(at(0), "a", "x", work);
      await withIdempotency(at(0), "b", "x", work);
      assert.deepEqual(await withIdempotency(at(23), "a", "x", work), { done: 1 });
      assert.deepEqual(await withIdempotency(at(25), "a", "y", work), { done: 3 });
      const rows = await registry.database.read((reader) => reader.all(sql`SELECT 1 FROM idempotency_keys`));
      assert.equal(rows.length, 1);
    }));

  it("does not answer for another process that is at work, and takes over from a dead one", () =>
    withScene(async ({ registry }) => {
      const work = counted();
      const ask = () => withIdempotency(registry, "a", "x", work);
      await ask();
      await setHolder(registry, "another-host:1");
      await rejectsWithCode("idempotency_busy", ask());
      await setHolder(registry, registry.holder.replace(/:\d+$/, ":99999999"));
      assert.deepEqual(await ask(), { done: 2 });
      // This process, killed and started again under the same number.
      await setHolder(registry, registry.holder);
      assert.deepEqual(await ask(), { done: 3 });
    }));

  it("refuses what is no key", () =>
    withScene(async ({ registry }) => {
      const work = counted();
      for (const key of ["", "a b", "ä", "a\n", "x".repeat(IDEMPOTENCY_KEY_MAX_LENGTH + 1)]) {
        await rejectsWithCode("invalid_input", withIdempotency(registry, key, "x", work));
      }
      await withIdempotency(registry, "x".repeat(IDEMPOTENCY_KEY_MAX_LENGTH), "x", work);
    }));
});
