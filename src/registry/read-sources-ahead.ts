import { ReadAhead } from "../dataplane/read-ahead.ts";
import type { SourceFile } from "../dataplane/source-file.ts";
import type { RegistryContext } from "./registry-context.ts";

export type { ReadAhead };

/** Fewer are read before a thread has got anywhere. Count. */
const FILES_MIN = 1_024;

/** Lets the threads begin with the files of a tree, if they are many, before it is known what the tree is. */
export function readSourcesAhead(
  context: Pick<RegistryContext, "threads">,
  sources: readonly SourceFile[],
): ReadAhead | undefined {
  if (context.threads.threads === 0 || sources.length < FILES_MIN) return undefined;
  return new ReadAhead(context.threads, sources);
}
