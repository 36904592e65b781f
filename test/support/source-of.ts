import { lstatSync } from "node:fs";
import { sourceIdentity } from "../../src/core/source-identity.ts";
import type { SourceFile } from "../../src/dataplane/source-file.ts";

/** A file as a walk would have seen it now. */
export function sourceOf(absolutePath: string, path: string = absolutePath): SourceFile {
  return { path, absolutePath, ...sourceIdentity(lstatSync(absolutePath)) };
}
