import { decodeCanonicalCbor } from "../core/canonical-cbor.ts";
import type { CborValue } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { DatabaseReader } from "../db/registry-database.ts";
import type { FileRow, PackageRow } from "../db/view-tables.ts";
import { eventPages } from "../log/read-events.ts";

/** The state of a package after an event. */
const STATE_AFTER: ReadonlyMap<string, PackageRow["status"]> = new Map([
  ["v1.package.finalized", "finalized"],
  ["v1.package.abandoned", "abandoned"],
  ["v1.package.garbage_collected", "garbage_collected"],
  ["v1.package.purged", "purged"],
]);

/**
 * Compares one package's rows with its events, before more events are written that rely on them. Views are tables that
 * somebody may have edited, or restored from an old copy; what the registry wrote on their word would contradict what
 * it wrote before, and no replay could mend that. Reads the package's events whole, so it is for the rare cases: a
 * package that is resumed, given copies anew, or abandoned.
 *
 * @param files all rows of its files, by path
 * Throws `views_differ`, naming the first event that the views do not show; `log_damaged`.
 */
export async function checkPackageViews(
  reader: DatabaseReader,
  row: PackageRow,
  files: ReadonlyMap<string, FileRow>,
): Promise<void> {
  let status: PackageRow["status"] = "created";
  let lastSequence = 0;
  let logged = 0;
  for await (const page of eventPages(reader, { subject: { kind: "package", id: row.id } })) {
    for (const { sequence, event_type: type, payload } of page) {
      lastSequence = sequence;
      status = STATE_AFTER.get(type) ?? status;
      if (type !== "v1.file.ingested") continue;
      logged += 1;
      if (!showsFile(files, sequence, decoded(sequence, payload)))
        throw viewsDiffer(row.id, `a file of event ${sequence}`);
    }
  }
  if (lastSequence !== row.last_event_sequence) throw viewsDiffer(row.id, `event ${lastSequence}`);
  if (status !== row.status) throw viewsDiffer(row.id, `its state "${status}"`);
  if (logged !== files.size || logged !== row.file_count) throw viewsDiffer(row.id, "its number of files");
}

function showsFile(files: ReadonlyMap<string, FileRow>, sequence: number, value: CborValue): boolean {
  if (value === null || typeof value !== "object" || !("path" in value) || !("file_id" in value))
    return false;
  const file = typeof value.path === "string" ? files.get(value.path) : undefined;
  return file?.event_sequence === sequence && file.id === value.file_id;
}

function decoded(sequence: number, payload: Uint8Array): CborValue {
  try {
    return decodeCanonicalCbor(payload);
  } catch (cause) {
    throw new ArtifactstoreError("log_damaged", `Cannot read event ${sequence}: its payload is damaged`, {
      cause,
    });
  }
}

/** What to do is always the same: the log has all that the views should hold. */
export function viewsDiffer(subject: string, what: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "views_differ",
    `Cannot write about "${subject}": the views do not show ${what}; rebuild them with "artifactstore log replay"`,
  );
}
