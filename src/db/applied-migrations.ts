import { createHash } from "node:crypto";
import { ArtifactstoreError } from "../core/errors.ts";
import type { Migration } from "./migration.ts";

/** By these a database is known as a registry's, whatever else is missing. Count. */
export const LOG_TABLES = 3;

/** What helps against a damaged record of migrations. */
export const REMEDY =
  'restore it from a backup, or make a new one from an exported log ("artifactstore log import")';

/** One row of `schema_migrations`. */
export interface AppliedMigration {
  readonly version: number;
  readonly digest: string;
}

export function migrationDigest(migration: Migration): string {
  return createHash("sha256").update(migration.sql).digest("hex");
}

/**
 * The version that these migrations, in order, brought a database to. Throws `database_newer` and `database_corrupt`.
 *
 * @param place for messages, in quotes there: a path, or host and name
 */
export function versionOfApplied(
  applied: readonly AppliedMigration[],
  migrations: readonly Migration[],
  place: string,
): number {
  const last = applied.at(-1)?.version ?? 0;
  if (last > migrations.length) {
    throw new ArtifactstoreError(
      "database_newer",
      `Cannot open database "${place}": its schema is version ${last}, this program knows ${migrations.length}`,
    );
  }
  for (const [index, { version, digest }] of applied.entries()) {
    const known = migrations[index];
    if (known === undefined || known.version !== version || migrationDigest(known) !== digest) {
      throw new ArtifactstoreError(
        "database_corrupt",
        `Cannot open database "${place}": migration ${version} is not the one that this program applies`,
      );
    }
  }
  return last;
}

/** For those who change nothing. Throws `migration_needed` for an older schema. */
export function requireCurrentVersion(found: number, migrations: readonly Migration[], place: string): void {
  if (found === migrations.length) return;
  throw new ArtifactstoreError(
    "migration_needed",
    `Cannot open database "${place}": its schema is version ${found}, this program's is ${migrations.length}; run "artifactstore migrate"`,
  );
}

/** Applying all migrations anew would fail at tables that are there, or hide that some are not. */
export function withoutRecord(place: string, state: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "database_corrupt",
    `Cannot open database "${place}": it holds an event log, and its record of migrations (table "schema_migrations") ${state}; ${REMEDY}`,
  );
}
