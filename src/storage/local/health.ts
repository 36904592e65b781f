import { dirname } from "node:path";
import type { BlobStoreHealth } from "../blob-store.ts";
import type { LocalParts } from "./parts.ts";

/** A root that is not there yet is healthy if what will hold it is there: the first write makes it. */
export async function localHealth(parts: LocalParts): Promise<BlobStoreHealth> {
  try {
    const { look } = parts.fileSystem;
    let directory = parts.root;
    let facts = await look.facts(directory);
    while (facts === undefined && dirname(directory) !== directory) {
      directory = dirname(directory);
      facts = await look.facts(directory);
    }
    if (facts?.isDirectory !== true) return { healthy: false, detail: `"${directory}" is not a directory` };
    const space = await look.space(directory);
    // Opening the container is the one part of reading that can fail for the store as a whole.
    parts.container.forReading()?.holdsAny();
    const detail = directory === parts.root ? `"${parts.root}" is ready` : `"${parts.root}" is not made yet`;
    return { healthy: true, detail, ...space };
  } catch (error) {
    return { healthy: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
