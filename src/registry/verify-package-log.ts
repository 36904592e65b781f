import { isArtifactstoreError } from "../core/errors.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import type { PackageRow } from "../db/view-tables.ts";
import { checkInclusion, type InclusionCheck } from "../log/check-inclusion.ts";
import type { RegistryContext } from "./registry-context.ts";
import type { VerificationFailure } from "./verify-package.ts";

/**
 * The log's part in the proof of a package: each of its events is as it was recorded, in every column; none is missing
 * and none was added; and the log they are part of ends where its head says. Not the whole log is read for it.
 */
export async function verifyPackageLog(
  context: RegistryContext,
  row: PackageRow,
): Promise<VerificationFailure[]> {
  const hashes = { blake3: context.blake3.hash, sha256 };
  const subject = { kind: "package", id: row.id };
  let check: InclusionCheck;
  try {
    check = await context.database.read((reader) => checkInclusion(reader, subject, hashes));
  } catch (error) {
    if (!isArtifactstoreError(error, "log_damaged")) throw error;
    return [{ kind: "log", detail: error.message }];
  }
  const { eventTypes, problems } = check;
  const failures: VerificationFailure[] = problems.map(({ message }) => ({ kind: "log", detail: message }));
  const expected = new Map([
    ["v1.package.created", 1],
    ["v1.retention.default_applied", 1],
    ["v1.file.ingested", row.file_count],
    ["v1.package.finalized", 1],
  ]);
  for (const [type, count] of expected) {
    const found = eventTypes.get(type) ?? 0;
    if (found === count) continue;
    failures.push({ kind: "log", detail: `the package has ${found} events "${type}" instead of ${count}` });
  }
  return failures;
}
