import { realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { ArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import type { SourceFile } from "../dataplane/source-file.ts";
import type { RegistryContext } from "./registry-context.ts";

/**
 * A directory that holds the registry's own database or store cannot be registered: what is read would change with
 * every file that is stored. Throws `source_refused`, naming the first such file.
 */
export function refuseOwnFiles(context: RegistryContext, sources: readonly SourceFile[]): void {
  for (const own of context.ownPaths) {
    const path = realPath(own);
    const found = sources.find(({ absolutePath }) => isOwn(absolutePath, path));
    if (found === undefined) continue;
    throw new ArtifactstoreError(
      "source_refused",
      `Cannot read ${quoteForTerminal(found.path)}: it belongs to this registry, which keeps ${quoteForTerminal(own)}; leave it out or keep the registry elsewhere`,
    );
  }
}

/** What is written there would damage the registry. Throws `path_conflict`. */
export function refuseOwnTarget(context: Pick<RegistryContext, "ownPaths">, absolutePath: string): void {
  const target = realPath(absolutePath);
  const own = context.ownPaths.find((path) => isOwn(target, realPath(path)));
  if (own === undefined) return;
  throw new ArtifactstoreError(
    "path_conflict",
    `Cannot write ${quoteForTerminal(absolutePath)}: it belongs to this registry, which keeps ${quoteForTerminal(own)}`,
  );
}

/** The file itself, what SQLite puts beside it (`-wal`, `-shm`, `.bak-v1`), or anything below it. */
function isOwn(absolutePath: string, own: string): boolean {
  if (!absolutePath.startsWith(own)) return false;
  const rest = absolutePath.slice(own.length);
  return rest === "" || rest.startsWith(sep) || /^(-wal|-shm|-journal|\.bak-v\d+)$/.test(rest);
}

/** As the walk spells it, for which symlinks above the source are resolved; also where the last part is not there yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : realPath(parent) + path.slice(parent.length);
  }
}
