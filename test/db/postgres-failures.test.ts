import assert from "node:assert/strict";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import type { ArtifactstoreError } from "../../src/core/errors.ts";
import { openPostgresDatabase } from "../../src/db/postgres/open-postgres-database.ts";
import type { DatabaseWriter, RegistryDatabase } from "../../src/db/registry-database.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { openPostgresAt } from "../support/open-postgres.ts";
import { startPostgresProxy } from "../support/postgres-proxy.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import {
  asSuperuser,
  createTestSchema,
  schemaUrl,
  TEST_TIMEOUTS,
  type TestSchema,
} from "../support/test-postgres.ts";

async function withSchema(work: (schema: TestSchema) => Promise<void>): Promise<void> {
  const schema = await createTestSchema();
  try {
    await work(schema);
  } finally {
    await schema.drop();
  }
}

async function withDatabase(url: string, work: (database: RegistryDatabase) => Promise<void>): Promise<void> {
  const database = await openPostgresAt(url, "write");
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

function addCheck(writer: DatabaseWriter, id: string): Promise<number> {
  return writer.run(
    sql`INSERT INTO location_checks (location_id, checked_at, outcome) VALUES (${id}, ${"t"}, ${"ok"})`,
  );
}

async function checkIds(database: RegistryDatabase): Promise<string[]> {
  const rows = await database.read((reader) =>
    reader.all<{ location_id: string }>(sql`SELECT location_id FROM location_checks ORDER BY location_id`),
  );
  return rows.map((row) => row.location_id);
}

/** Ends the connection that a transaction is on, as a restart of the server would. */
async function endConnection(writer: DatabaseWriter): Promise<void> {
  const [row] = await writer.all<{ pid: number }>(sql`SELECT pg_backend_pid() AS pid`);
  await asSuperuser(`SELECT pg_terminate_backend(${row?.pid})`);
}

const SECRET = "hunter2-is-a-secret";

async function refusesWithoutSecret(url: URL): Promise<void> {
  url.password = SECRET;
  const error: ArtifactstoreError = await rejectsWithCode("database_unavailable", () =>
    openPostgresAt(url.href, "write"),
  );
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    assert.equal(`${at.message}${at.stack}`.includes(SECRET), false);
  }
}

describeOnPostgres("a PostgreSQL that fails", () => {
  it("is unavailable where nobody listens, or nobody of that name, and no message has the password", () =>
    withSchema(async ({ url }) => {
      const silent = new URL(url);
      silent.port = "1";
      await refusesWithoutSecret(silent);
      const nowhere = new URL(url);
      nowhere.hostname = "no-such-host.invalid";
      await refusesWithoutSecret(nowhere);
      const missing = new URL(url);
      missing.pathname = "/no_such_database";
      await rejectsWithCode("database_unavailable", () => openPostgresAt(missing.href, "write"));
    }));

  it("is unavailable to who has another password", () =>
    withSchema(({ url }) => refusesWithoutSecret(new URL(url))));

  it("is unavailable where what answers is not PostgreSQL, or does not answer", async () => {
    const { createServer } = await import("node:net");
    for (const answer of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", () => answer !== "" && socket.end(answer));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      for (const mode of ["prefer", "disable"]) {
        const open = openPostgresDatabase({
          ...{ url: `postgresql://u:p@127.0.0.1:${port}/d?sslmode=${mode}`, mode: "read", connectionsMax: 2 },
          ...{ timeouts: { ...TEST_TIMEOUTS, connectMs: 1000 }, clock: () => 0 },
        });
        await rejectsWithCode("database_unavailable", open);
      }
      server.close();
    }
  });

  it("is read-only before anything is done where it only reads", () =>
    withSchema(async ({ name, url }) => {
      await withDatabase(url, async () => {});
      const readOnly = new URL(schemaUrl(name));
      readOnly.searchParams.set("options", `-c search_path=${name} -c default_transaction_read_only=on`);
      await withDatabase(readOnly.href, async (database) => {
        let ran = false;
        const write = database.write(async () => {
          ran = true;
        });
        await rejectsWithCode("database_read_only", write);
        assert.equal(ran, false);
        assert.deepEqual(await checkIds(database), []);
      });
    }));

  it("is connected to again when it has ended every idle connection", () =>
    withSchema(({ url }) =>
      withDatabase(url, async (database) => {
        await database.write((writer) => addCheck(writer, "a"));
        await asSuperuser(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'artifactstore' AND state = 'idle'",
        );
        assert.deepEqual(await checkIds(database), ["a"]);
        await database.write((writer) => addCheck(writer, "b"));
        assert.deepEqual(await checkIds(database), ["a", "b"]);
      }),
    ));

  it("keeps nothing of a write whose connection it ends, and runs nothing of it outside its transaction", () =>
    withSchema(({ url }) =>
      withDatabase(url, async (database) => {
        let seen: unknown;
        const write = database.write(async (writer) => {
          await addCheck(writer, "a");
          await endConnection(writer);
          try {
            await addCheck(writer, "b");
          } catch (error) {
            seen = error;
          }
          await addCheck(writer, "c");
        });
        await rejectsWithCode("database_unavailable", write);
        await rejectsWithCode("database_unavailable", Promise.reject(seen));
        assert.deepEqual(await checkIds(database), []);
      }),
    ));

  it("says that it cannot tell when the answer to a commit is lost", () =>
    withSchema(async ({ url }) => {
      const proxy = await startPostgresProxy(url);
      try {
        await withDatabase(proxy.url, async (database) => {
          await database.write((writer) => addCheck(writer, "a"));
          proxy.loseAnswerTo("COMMIT\0");
          await rejectsWithCode("commit_unknown", () => database.write((writer) => addCheck(writer, "b")));
        });
        await withDatabase(url, async (database) => assert.deepEqual(await checkIds(database), ["a", "b"]));
      } finally {
        await proxy.close();
      }
    }));

  it("commits nothing where the failure of a statement was passed over", () =>
    withSchema(({ url }) =>
      withDatabase(url, async (database) => {
        const write = database.write(async (writer) => {
          await addCheck(writer, "a");
          await addCheck(writer, "a").catch(() => 0);
        });
        await rejectsWithCode("internal", write);
        assert.deepEqual(await checkIds(database), []);
      }),
    ));

  it("is busy when another writer takes too long", () =>
    withSchema(({ url }) =>
      withDatabase(url, async (first) => {
        const second = await openPostgresDatabase({
          ...{ url, mode: "write", connectionsMax: 2, clock: () => 0 },
          timeouts: { ...TEST_TIMEOUTS, lockMs: 50 },
        });
        await first.write(async () => {
          await rejectsWithCode("database_busy", () => second.write(async () => 1));
        });
        assert.equal(await second.write(async () => 1), 1);
        await second.close();
      }),
    ));
});
