import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import process from "node:process";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { schemaVersion } from "../../src/db/check-database.ts";
import { lockLog } from "../../src/db/lock-log.ts";
import { locationChecks } from "../../src/db/log-tables.ts";
import { postgresMigrations } from "../../src/db/postgres/migrations/migrations.ts";
import { openPostgresDatabase } from "../../src/db/postgres/open-postgres-database.ts";
import { checkedEventPages } from "../../src/log/check-log.ts";
import { checkViews } from "../../src/views/check-views.ts";
import { rebuildViews } from "../../src/views/rebuild-views.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { createdDraft, makeChecker, record, sampleId } from "../support/log-scene.ts";
import { openPostgresAt } from "../support/open-postgres.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import {
  asSuperuser,
  createTestSchema,
  schemaUrl,
  TEST_TIMEOUTS,
  type TestSchema,
  testPostgresServer,
} from "../support/test-postgres.ts";

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

/** Nobody can tell what is meant. */
const AMBIGUOUS = [
  "postgresql://h/d?sslmode=require&sslmode=disable",
  "postgresql://h/d?sslmode=require&ssl=require",
  "postgresql://h/d?host=other",
  "postgresql:///d?host=a&host=b",
  "postgresql://u@h/d?user=other",
  "postgresql://h/d?dbname=other",
  "postgresql://h/d?ssl=true",
  "postgresql://h/d?sslmode=allow",
  "postgresql://h/d?application_name=a%00b",
  "postgresql://a%00b@h/d",
];

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

  it("calls a database corrupt whose record of migrations is lost, and makes nothing anew", () =>
    withSchema(async ({ url, name }) => {
      await (await openPostgresAt(url, "write")).close();
      for (const loss of ["TRUNCATE", "DROP TABLE"]) {
        await asSuperuser(`${loss} ${name}.schema_migrations`);
        for (const mode of ["read", "write"] as const) {
          await rejectsWithCode("database_corrupt", () => openPostgresAt(url, mode));
        }
      }
    }));

  it("refuses a search path that leads nowhere, and one that the role may not go", () =>
    withSchema(async (schema) => {
      await (await openPostgresAt(schema.url, "write")).close();
      for (const mode of ["read", "write"] as const) {
        await rejectsWithCode("configuration", () => openPostgresAt(schemaUrl("no_such_schema"), mode));
        await withRole(
          schema,
          () => "",
          async (url) => {
            await rejectsWithCode("configuration", () => openPostgresAt(url, mode));
          },
        );
        const grants = (role: string) => `GRANT USAGE ON SCHEMA ${schema.name} TO ${role}`;
        await withRole(schema, grants, async (url) => {
          await rejectsWithCode("configuration", () => openPostgresAt(url, mode));
        });
      }
    }));

  it("refuses a database that is not in UTF-8", async () => {
    const name = `latin_${randomUUID().replaceAll("-", "")}`;
    await asSuperuser(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    try {
      const url = new URL(testPostgresServer());
      url.pathname = `/${name}`;
      for (const mode of ["read", "write"] as const) {
        await rejectsWithCode("configuration", () => openPostgresAt(url.href, mode));
      }
    } finally {
      await asSuperuser(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });

  it("keeps what it is given, whatever settings the session would begin with", () =>
    withSchema(async ({ url, name }) => {
      const odd = new URL(url);
      const settings = [
        ...["array_nulls=off", "standard_conforming_strings=off", "quote_all_identifiers=on"],
        ...[
          "bytea_output=escape",
          "transform_null_equals=on",
          "gin_fuzzy_search_limit=1",
          "exit_on_error=on",
        ],
        ...["default_transaction_isolation=serializable", "DateStyle=German", "extra_float_digits=-15"],
      ];
      odd.searchParams.set(
        "options",
        [`search_path=${name}`, ...settings].map((setting) => `-c ${setting}`).join(" "),
      );
      const database = await openPostgresAt(odd.href, "write");
      await record(database, [createdDraft(sampleId(1)), createdDraft(sampleId(2))]);
      const views = await checkViews(database, (reader) => checkedEventPages(reader, makeChecker()));
      assert.equal(views.differenceCount, 0);
      await database.write((writer) =>
        writer.insert(
          locationChecks,
          ["location_id", "checked_at", "outcome", "detail"],
          [
            ["1", "t", "ok", null],
            ["2", "t", "ok", "NULL"],
            ["3", "t", "ok", 'a\\b"c'],
          ],
        ),
      );
      const rows = await database.read((reader) =>
        reader.all<{ detail: string | null }>(sql`SELECT detail FROM location_checks ORDER BY location_id`),
      );
      assert.deepEqual(
        rows.map(({ detail }) => detail),
        [null, "NULL", 'a\\b"c'],
      );
      assert.deepEqual(await database.read(async (reader) => database.schema?.differences(reader)), []);
      await database.close();
    }));

  it("refuses a URL of parts that it does not know", async () => {
    for (const url of [
      "postgresql://h/d?no_such=1",
      "postgresql://h/d?port=x",
      "postgresql://%zz@h/d",
      ...AMBIGUOUS,
    ]) {
      await rejectsWithCode("configuration", () => openPostgresAt(url, "read"));
    }
  });

  it("reads how a server is to be trusted from the environment, too, after the URL", async () => {
    const { PGSSLMODE, PGSSLROOTCERT } = process.env;
    try {
      process.env["PGSSLMODE"] = "perhaps";
      await rejectsWithCode("configuration", () => openPostgresAt("postgresql://127.0.0.1:1/d", "read"));
      const stated = "postgresql://127.0.0.1:1/d?sslmode=disable";
      await rejectsWithCode("database_unavailable", () => openPostgresAt(stated, "read"));
      process.env["PGSSLMODE"] = "require";
      process.env["PGSSLROOTCERT"] = "system";
      await rejectsWithCode("configuration", () => openPostgresAt("postgresql://127.0.0.1:1/d", "read"));
    } finally {
      for (const [name, value] of Object.entries({ PGSSLMODE, PGSSLROOTCERT })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
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
