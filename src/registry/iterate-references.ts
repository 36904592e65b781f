import { type ReferencedBlob, referencedBlobs } from "../views/query-blobs.ts";
import type { RegistryContext } from "./registry-context.ts";

/** Referenced blobs fetched from the database at once. Count. */
const REFERENCES_PAGE = 5_000;

/**
 * Every blob that a live location on the backend names, in order of address. Each page is a snapshot of its own, so
 * that a walk of hours keeps no old state of the database alive.
 */
export async function* iterateReferences(
  context: RegistryContext,
  backendId: string,
): AsyncGenerator<ReferencedBlob> {
  let after = "";
  for (;;) {
    const page = await context.database.read((reader) =>
      referencedBlobs(reader, backendId, { after, limit: REFERENCES_PAGE }),
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.content_address;
  }
}
