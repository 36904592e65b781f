import assert from "node:assert/strict";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { schemaVersion } from "../../src/db/check-database.ts";
import { lockLog } from "../../src/db/lock-log.ts";
import { postgresMigrations } from "../../src/db/postgres/migrations/migrations.ts";
import { openPostgresDatabase } from "../../src/db/postgres/open-postgres-database.ts";
import { checkedEventPages } from "../../src/log/check-log.ts";
import { checkViews } from "../../src/views/check-views.ts";
import { rebuildViews } from "../../src/views/rebuild-views.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { createdDraft, makeChecker, record, sampleId } from "../support/log-scene.ts";
import { openPostgresAt } from "../support/open-postgres.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { asSuperuser, createTestSchema, TEST_TIMEOUTS, type TestSchema } from "../support/test-postgres.ts";

const FURTHER = {
  version: postgresMigrations.length + 1,
  name: "further",
  sql: "CREATE TABLE further (id BIGINT)",
};

async function withSchema(work: (schema: TestSchema) => Promise<void>): Promise<void> {
  const schema = await createTestSchema();
  try {
    await work(schema);
  } finally {
    await schema.drop();
  }
}

function openFurther(url: string, mode: "read" | "write") {
  return openPostgresDatabase({
    ...{ url, mode, connectionsMax: 2, timeouts: TEST_TIMEOUTS, clock: () => 0 },
    migrations: [...postgresMigrations, FURTHER],
  });
}

/** A role of the test's own, with what `docs/OPERATOR.md` grants it. */
async function withRole(
  { name, url }: TestSchema,
  grants: (role: string) => string,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const role = `role_${name}`;
  const password = "one-of-a-test";
  await asSuperuser(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'; ${grants(role)}`);
  const own = new URL(url);
  own.username = role;
  own.password = password;
  try {
    await work(own.href);
  } finally {
    await asSuperuser(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
}

describeOnPostgres("opening a database in PostgreSQL", () => {
  it("makes the schema once, however many begin at once", () =>
    withSchema(async ({ url }) => {
      const opened = await Promise.all(Array.from({ length: 8 }, () => openPostgresAt(url, "write")));
      for (const database of opened) {
        assert.equal(await database.read(schemaVersion), postgresMigrations.length);
        assert.equal((await database.write(lockLog)).sequence, 0);
        await database.close();
      }
    }));

  it("makes nothing for a reader, who needs a registry of this very version", () =>
    withSchema(async ({ url, name }) => {
      await rejectsWithCode("registry_not_found", () => openPostgresAt(url, "read"));
      const made = await asSuperuser(`SELECT 1 FROM pg_class WHERE relnamespace = '${name}'::regnamespace`);
      assert.equal(made.length, 0);
      await (await openPostgresAt(url, "write")).close();
      await (await openPostgresAt(url, "read")).close();
      await rejectsWithCode("migration_needed", () => openFurther(url, "read"));
      await (await openFurther(url, "write")).close();
      for (const mode of ["read", "write"] as const) {
        await rejectsWithCode("database_newer", () => openPostgresAt(url, mode));
      }
    }));

  it("refuses another program's schema, and one whose migrations are others", () =>
    withSchema(async ({ url, name }) => {
      await asSuperuser(`CREATE TABLE ${name}.theirs (id BIGINT)`);
      for (const mode of ["read", "write"] as const) {
        await rejectsWithCode("configuration", () => openPostgresAt(url, mode));
      }
      await asSuperuser(`DROP TABLE ${name}.theirs`);
      await (await openPostgresAt(url, "write")).close();
      await asSuperuser(`UPDATE ${name}.schema_migrations SET digest = 'x'`);
      await rejectsWithCode("database_corrupt", () => openPostgresAt(url, "write"));
    }));

  it("refuses a URL of parts that it does not know", async () => {
    for (const url of ["postgresql://h/d?no_such=1", "postgresql://h/d?port=x", "postgresql://%zz@h/d"]) {
      await rejectsWithCode("configuration", () => openPostgresAt(url, "read"));
    }
  });

  it("serves a role that may only write rows, except for what changes tables", () =>
    withSchema(async (schema) => {
      const owner = await openPostgresAt(schema.url, "write");
      const grants = (role: string) => `
        GRANT USAGE ON SCHEMA ${schema.name} TO ${role};
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema.name} TO ${role}`;
      await withRole(schema, grants, async (url) => {
        const database = await openPostgresAt(url, "write");
        await record(database, [createdDraft(sampleId(1))]);
        const views = await checkViews(database, (reader) => checkedEventPages(reader, makeChecker()));
        assert.equal(views.differenceCount, 0);
        await rejectsWithCode("database_read_only", () => rebuildViews(database, async () => [], "run"));
        await database.close();
        await rejectsWithCode("migration_needed", () => openFurther(url, "write"));
      });
      await owner.close();
    }));

  it("serves a role that may only read", () =>
    withSchema(async (schema) => {
      const owner = await openPostgresAt(schema.url, "write");
      await record(owner, [createdDraft(sampleId(1))]);
      const grants = (role: string) => `
        GRANT USAGE ON SCHEMA ${schema.name} TO ${role};
        GRANT SELECT ON ALL TABLES IN SCHEMA ${schema.name} TO ${role}`;
      await withRole(schema, grants, async (url) => {
        const database = await openPostgresAt(url, "read");
        const query = sql`SELECT count(*) AS n FROM events`;
        assert.equal((await database.read((reader) => reader.get<{ n: number }>(query)))?.n, 1);
        await rejectsWithCode("database_read_only", () => database.write(lockLog));
        await database.close();
        const writing = await openPostgresAt(url, "write");
        await rejectsWithCode("database_read_only", () => writing.write(lockLog));
        await writing.close();
      });
      await owner.close();
    }));
});
