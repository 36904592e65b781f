import assert from "node:assert/strict";
import { it } from "node:test";
import { describeNextAppend } from "../contract/next-append.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { record, schemaRegisteredDraft } from "../support/log-scene.ts";
import { openPostgresAt } from "../support/open-postgres.ts";
import { asSuperuser, createTestSchema } from "../support/test-postgres.ts";

async function openTimes(times: number) {
  const schema = await createTestSchema();
  const databases = [await openPostgresAt(schema.url, "write")];
  while (databases.length < times) databases.push(await openPostgresAt(schema.url, "write"));
  return {
    databases,
    async close() {
      for (const database of databases) await database.close();
      await schema.drop();
    },
  };
}

describeOnPostgres("PostgreSQL", () => {
  describeNextAppend("PostgreSQL", { timesMax: Number.POSITIVE_INFINITY, open: openTimes });

  it("wakes who waits when the connection that listens is lost, and listens again", async () => {
    const { databases, close } = await openTimes(2);
    const [follower, writer] = databases;
    assert.ok(follower !== undefined && writer !== undefined);
    const { signal } = new AbortController();
    // Woken once as listening begins.
    await follower.nextAppend(signal, 600_000);
    const lost = follower.nextAppend(signal, 600_000);
    await asSuperuser(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND state = 'idle'",
    );
    await lost;
    await follower.nextAppend(signal, 600_000);
    const appended = follower.nextAppend(signal, 600_000);
    await record(writer, [schemaRegisteredDraft("tests.v1")]);
    await appended;
    await close();
  });
});
