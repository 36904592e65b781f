import { type SQL, sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { DatabaseSchema } from "../database-schema.ts";
import type { Migration } from "../migration.ts";
import type { DatabaseReader } from "../registry-database.ts";
import { compareSchemas, REPLAY_TABLES, type SchemaObject } from "../schema-objects.ts";
import { SCHEMA_MIGRATIONS } from "./migrate-postgres.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { mapPostgresError } from "./postgres-errors.ts";
import { SCRATCH_WRITABLE } from "./postgres-scratch-views.ts";
import { beginReading, runBegun } from "./postgres-transaction.ts";

/** Where temporary tables lie, in the spelling that also finds functions there. */
const SCRATCH = "pg_temp";

const REPLAY_NAMES = sql.join(
  [...REPLAY_TABLES].map((name) => sql`${name}`),
  sql`, `,
);

const LIVE_NAMESPACE = sql`current_schema()::REGNAMESPACE`;
const SCRATCH_NAMESPACE = sql`pg_my_temp_schema()::REGNAMESPACE`;

/**
 * What lies in a namespace, from the catalogs, each with a definition that says nothing of the namespace: PostgreSQL
 * prints indexes, triggers and functions with the name of theirs: `artifacts.events`, `pg_temp.events`, `pg_temp_3.log_appended`.
 *
 * What a replay makes beside the views may go away meanwhile. The snapshot still has it, but the functions that print
 * definitions know only what is there now: so it is left out by name, before any of them is asked.
 */
function objectsOf(namespace: SQL): SQL {
  return sql`
    WITH space AS (SELECT ${namespace} AS oid),
    everything AS (SELECT c.oid, c.relname AS name, c.relkind AS kind
      FROM pg_class AS c JOIN space ON c.relnamespace = space.oid),
    relations AS (SELECT * FROM everything WHERE name NOT IN (${REPLAY_NAMES})),
    objects (type, name, tbl_name, sql) AS (
      SELECT CASE r.kind WHEN 'r' THEN 'table' ELSE 'view' END, r.name::TEXT, r.name::TEXT,
        (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
            || COALESCE(a.attcollation::REGCOLLATION::TEXT, '') || ' '
            || COALESCE(pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum)
          FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped)
        || COALESCE((SELECT string_agg(', ' || k.conname || ' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname)
          FROM pg_constraint AS k WHERE k.conrelid = r.oid), '')
      FROM relations AS r WHERE r.kind IN ('r', 'v', 'm', 'p', 'f')
      UNION ALL
      SELECT 'index', r.name::TEXT, t.name::TEXT, pg_get_indexdef(r.oid)
      FROM everything AS r JOIN pg_index AS i ON i.indexrelid = r.oid JOIN relations AS t ON t.oid = i.indrelid
      WHERE NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = r.oid AND k.contype IN ('p', 'u', 'x'))
      UNION ALL
      SELECT 'trigger', t.tgname::TEXT, r.name::TEXT, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::TEXT
      FROM pg_trigger AS t JOIN everything AS r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
      UNION ALL
      SELECT 'rule', w.rulename::TEXT, r.name::TEXT, pg_get_ruledef(w.oid)
      FROM pg_rewrite AS w JOIN relations AS r ON r.oid = w.ev_class WHERE r.kind = 'r'
      UNION ALL
      SELECT 'function', p.proname::TEXT, p.proname::TEXT, pg_get_functiondef(p.oid)
      FROM pg_proc AS p JOIN space ON p.pronamespace = space.oid WHERE p.prokind IN ('f', 'p')
    )
    SELECT o.type, o.name, o.tbl_name,
      replace(replace(o.sql, n.prefix, ''), 'pg_temp.', '') AS sql
    FROM objects AS o, (SELECT quote_ident(nspname) || '.' AS prefix FROM pg_namespace JOIN space USING (oid)) AS n
    ORDER BY o.name, o.type`;
}

/**
 * Compares with what the migrations make in a connection's temporary schema, which goes away with the connection. On
 * a standby, and as a role without the privilege TEMPORARY, none can be made: that throws `database_read_only`.
 *
 * @param open a further connection, closed here
 */
export function postgresDatabaseSchema(
  open: () => Promise<PostgresConnection>,
  migrations: readonly Migration[],
): DatabaseSchema {
  const expected = () => expectedObjects(open, migrations);
  return {
    async differences(reader) {
      const wanted = await expected();
      return compareSchemas(await liveObjects(reader), wanted);
    },
    async makeIndex(writer, name) {
      const wanted = (await expected()).find((object) => object.type === "index" && object.name === name);
      if (wanted?.sql == null)
        throw new ArtifactstoreError("internal", `Cannot make index "${name}": no migration does`);
      await writer.run(sql.raw(wanted.sql));
    },
  };
}

async function liveObjects(reader: DatabaseReader): Promise<SchemaObject[]> {
  return await reader.all<SchemaObject>(objectsOf(LIVE_NAMESPACE));
}

async function expectedObjects(
  open: () => Promise<PostgresConnection>,
  migrations: readonly Migration[],
): Promise<SchemaObject[]> {
  const connection = await open();
  try {
    // Functions are never looked for among what is temporary, unless they are asked for there.
    const made = migrations.map((migration) =>
      migration.sql.replaceAll(" EXECUTE FUNCTION ", ` EXECUTE FUNCTION ${SCRATCH}.`),
    );
    try {
      await connection.script(SCRATCH_WRITABLE);
      await connection.script(`SET search_path = ${SCRATCH}; ${SCHEMA_MIGRATIONS} ${made.join("\n")}`);
    } catch (error) {
      throw mapPostgresError(error, "make temporary tables to compare the schema with", "write");
    }
    await beginReading(connection);
    return await runBegun(connection, "read", (session) =>
      session.all<SchemaObject>(objectsOf(SCRATCH_NAMESPACE)),
    );
  } finally {
    await connection.close();
  }
}
