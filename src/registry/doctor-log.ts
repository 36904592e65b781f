import { sql } from "drizzle-orm/sql/sql";
import { isUuid } from "../core/uuid.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import { databaseProblems, schemaVersion } from "../db/check-database.ts";
import { describeDifference as describeSchemaDifference } from "../db/database-schema.ts";
import { type EventRow, events, registry } from "../db/log-tables.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import { checkedEventPages, checkLog } from "../log/check-log.ts";
import { LogChecker } from "../log/log-checker.ts";
import { checkViews, type ViewCheck } from "../views/check-views.ts";
import type { ViewDifference } from "../views/compare-views.ts";
import type { CheckFindings, DoctorFindings } from "./doctor-findings.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface LogDiagnosis {
  readonly schemaVersion: number | undefined;
  readonly events: number | undefined;
  readonly unknownEventTypes: ReadonlyMap<string, number> | undefined;
}

/**
 * The database, the log, the registry's id, and the views. Log and views are read in one pass over one snapshot: what
 * is appended meanwhile belongs to neither.
 */
export async function diagnoseLog(
  context: RegistryContext,
  findings: DoctorFindings,
  options: { readonly thorough: boolean },
): Promise<LogDiagnosis> {
  let version: number | undefined;
  await findings.run("database", undefined, async (check) => {
    await context.database.read(async (reader) => {
      version = await schemaVersion(reader);
      for (const detail of await databaseProblems(reader, options))
        check.report({ code: "database_corrupt", detail });
      for (const difference of (await context.database.schema?.differences(reader)) ?? [])
        check.report({ code: "database_corrupt", detail: describeSchemaDifference(difference) });
    });
    return 1;
  });
  const { checker, viewCheck } = await readThrough(context, findings);
  await findings.run("registry", undefined, (check) => checkRegistryRow(context, check));
  return {
    schemaVersion: version,
    events: checker?.events,
    unknownEventTypes: viewCheck?.unknownTypes,
  };
}

async function readThrough(
  context: RegistryContext,
  findings: DoctorFindings,
): Promise<{ checker: LogChecker | undefined; viewCheck: ViewCheck | undefined }> {
  let checker: LogChecker | undefined = newChecker(context);
  let viewCheck: ViewCheck | undefined;
  let viewFailure: unknown;
  try {
    const passing = checker;
    viewCheck = await checkViews(
      context.database,
      (reader) => checkedEventPages(reader, passing),
      (sequence, message) => passing.contradiction(sequence, message),
    );
  } catch (error) {
    // Events that contradict one another give no views, yet the log can still be read to its end.
    viewFailure = error;
    checker = undefined;
  }
  await findings.run("log", undefined, async (check) => {
    if (checker === undefined) {
      const alone = newChecker(context);
      await context.database.read((reader) => checkLog(reader, alone));
      checker = alone;
    }
    reportLog(checker, check);
    return checker.events;
  });
  await findings.run("views", undefined, async (check) => {
    if (viewCheck === undefined) throw viewFailure;
    reportViews(viewCheck, check);
    return viewCheck.events;
  });
  return { checker, viewCheck };
}

function newChecker(context: RegistryContext): LogChecker {
  return new LogChecker({ blake3: context.blake3.hash, sha256 });
}

function reportLog(checker: LogChecker, check: CheckFindings): void {
  for (const { sequence, message } of checker.problems) {
    check.report({
      code: "log_damaged",
      detail: message,
      ...(sequence === undefined ? {} : { sequence }),
    });
  }
  for (let unlisted = checker.problems.length; unlisted < checker.problemCount; unlisted++) {
    check.report({ code: "log_damaged", detail: "one more of the log's problems" });
  }
}

function reportViews(viewCheck: ViewCheck, check: CheckFindings): void {
  for (const difference of viewCheck.differences) {
    check.report({ code: "views_differ", detail: describeDifference(difference) });
  }
  for (let unlisted = viewCheck.differences.length; unlisted < viewCheck.differenceCount; unlisted++) {
    check.report({ code: "views_differ", detail: "one more row that differs" });
  }
}

function describeDifference({ table, key, kind, column, live, replayed }: ViewDifference): string {
  const row = `row "${key}" of view "${table}"`;
  if (kind === "missing") return `${row} is missing`;
  if (kind === "unexpected") return `${row} comes from no event`;
  return `${row} has ${shown(live)} in column "${column}", the log says ${shown(replayed)}`;
}

/** A value may be a whole document. */
function shown(value: unknown): string {
  return (value instanceof Uint8Array ? "bytes" : JSON.stringify(value ?? null)).slice(0, 200);
}

/** The registry's id is made in the transaction of its first package, or by `storage adopt` before, and never changes. */
async function checkRegistryRow(context: RegistryContext, check: CheckFindings): Promise<number> {
  const { row, first } = await context.database.read(async (reader) => ({
    row: await reader.get<{ registry_id: string; created_at: string }>(
      sql`SELECT registry_id, created_at FROM ${registry} WHERE singleton = 1`,
    ),
    first: await firstPackage(reader),
  }));
  const report = (detail: string) => check.report({ code: "log_damaged", detail });
  if (row === undefined) {
    if (first !== undefined) report("there are packages, and the registry has no id");
    return 0;
  }
  if (!isUuid(row.registry_id)) report(`the registry's id "${row.registry_id}" is no UUID`);
  // `storage adopt` gives a registry its id before its first package.
  if (first !== undefined && row.created_at > first.created_at) {
    report(
      `the registry's id is dated "${row.created_at}", after its first package of "${first.created_at}"`,
    );
  }
  return 1;
}

async function firstPackage(reader: DatabaseReader): Promise<Pick<EventRow, "created_at"> | undefined> {
  return await reader.get(
    sql`SELECT created_at FROM ${events} WHERE event_type = 'v1.package.created' ORDER BY sequence LIMIT 1`,
  );
}
