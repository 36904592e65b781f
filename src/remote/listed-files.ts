import type { DescribedFile } from "../client/documents.ts";
import { LIST_ITEMS_MAX } from "../core/limits.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** What the server lists of a package's files, by path; where they lie is left out. */
export async function listedFiles(
  { client }: RemoteRegistry,
  packageId: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, DescribedFile>> {
  const listed = new Map<string, DescribedFile>();
  const call = signal === undefined ? {} : { signal };
  for await (const { locations: _, ...file } of client.packages.files(packageId, {
    limit: LIST_ITEMS_MAX,
    ...call,
  })) {
    listed.set(file.relative_path, file);
  }
  return listed;
}
