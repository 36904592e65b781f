import { posix } from "node:path";
import { importsOf, problem, type SourceText } from "./tidy-source.ts";

/**
 * Sources that no entry reaches. Entries are the programs and what `package.json` exports; a pattern there (`./core/*`)
 * exports every file that it matches.
 *
 * @param kept files that only tests or later work reach, each with the reason; an entry that is no longer needed is a
 *   problem too
 */
export function checkReachability(
  sources: readonly SourceText[],
  entries: readonly string[],
  kept: ReadonlyMap<string, string>,
): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = reach(
    byPath,
    entries.flatMap((entry) => expand(entry, byPath)),
  );
  const reachedWithKept = reach(byPath, [...reached, ...kept.keys()]);
  const problems: string[] = [];
  for (const path of byPath.keys()) {
    if (path.startsWith("src/") && !reachedWithKept.has(path))
      problems.push(problem(path, 1, "no program reaches this file"));
  }
  for (const path of kept.keys()) {
    if (!byPath.has(path) || reached.has(path))
      problems.push(problem(path, 1, "need not be listed as kept any more"));
  }
  return problems;
}

/** The files that the values of `exports` and `bin` name. */
export function entriesOfPackage(packageJson: { bin?: object; exports?: object }): string[] {
  return [...Object.values(packageJson.bin ?? {}), ...Object.values(packageJson.exports ?? {})]
    .map((target) => posix.normalize(String(target)))
    .filter((target) => target.startsWith("src/"));
}

function expand(entry: string, byPath: ReadonlyMap<string, SourceText>): string[] {
  if (!entry.includes("*")) return [entry];
  const [before = "", after = ""] = entry.split("*");
  return [...byPath.keys()].filter((path) => path.startsWith(before) && path.endsWith(after));
}

function reach(byPath: ReadonlyMap<string, SourceText>, from: Iterable<string>): Set<string> {
  const reached = new Set<string>();
  const waiting = [...from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = byPath.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of importsOf(source)) {
      if (specifier.startsWith("."))
        waiting.push(posix.normalize(posix.join(posix.dirname(path), specifier)));
    }
  }
  return reached;
}
