import type { DatabaseReader, DatabaseWriter } from "./registry-database.ts";

/** One thing in the database's own schema that is not as the migrations make it. */
export interface SchemaDifference {
  readonly kind: "missing" | "unexpected" | "differs";
  /** `table`, `index`, `trigger`, `view`. */
  readonly type: string;
  readonly name: string;
}

/**
 * Sets the schema that a database has against the one that its migrations make: a dropped index makes queries slow or
 * lets in what it forbade, a trigger does what no event says. Each database does it in its own way: SQLite keeps the
 * statements that made it, PostgreSQL has catalogs (`pg_indexes`, `pg_trigger`, `information_schema.columns`).
 */
export interface DatabaseSchema {
  /** Everything that differs, in order of name; what the database makes for itself is left out. */
  differences(reader: DatabaseReader): Promise<SchemaDifference[]>;
  /** Makes a missing index as the migrations would. Throws `internal` if the rows do not allow it. */
  makeIndex(writer: DatabaseWriter, name: string): Promise<void>;
}

export function describeDifference({ kind, type, name }: SchemaDifference): string {
  if (kind === "missing") return `${type} "${name}" is missing`;
  if (kind === "unexpected") return `${type} "${name}" is none of this program's`;
  return `${type} "${name}" is not as this program makes it`;
}
