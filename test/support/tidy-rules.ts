import { blankOut, importsOf, lineOf, problem, type SourceText } from "./tidy-source.ts";

const LINES_MAX = 350;
/** Spelled in pieces, so that this file does not break its own rule. */
const MARKERS = new RegExp(
  [
    `\\b(TO${"DO"}|FIX${"ME"}|X${"XX"}|HA${"CK"})\\b`,
    `\\b([Ss]t${"ub"}|[Pp]lace${"holder"}|[Ff]or ${"now"}|[Nn]ot ${"implemented"})s?\\b`,
  ].join("|"),
  "g",
);
const RUNTIME_NAMES = /(?<![\w$.])(Bun|Deno)\s*\.|\bglobalThis\s*\.\s*(Bun|Deno)\b/g;
const RUNTIME_MODULES = /^(bun(:.*)?|node:sqlite)$/;

/** No file is longer than a reader's patience. */
export function checkLength({ path, text }: SourceText): string[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return lines > LINES_MAX ? [problem(path, LINES_MAX + 1, `${lines} lines are more than ${LINES_MAX}`)] : [];
}

/** No word that says that something is still to be done. */
export function checkMarkers({ path, text }: SourceText): string[] {
  return [...text.matchAll(MARKERS)].map((match) =>
    problem(path, lineOf(text, match.index), `the leftover marker "${match[0]}"`),
  );
}

/** Only `src/runtime/` says which runtime it runs on. */
export function checkRuntimeNames(source: SourceText): string[] {
  const { path, text } = source;
  if (!path.startsWith("src/") || path.startsWith("src/runtime/")) return [];
  const code = blankOut(text, new Set(["comment", "string", "regex"] as const));
  return [
    ...[...code.matchAll(RUNTIME_NAMES)].map((match) =>
      problem(path, lineOf(code, match.index), `"${match[0]}" belongs into src/runtime/`),
    ),
    ...importsOf(source)
      .filter(({ specifier }) => RUNTIME_MODULES.test(specifier))
      .map(({ line, specifier }) => problem(path, line, `"${specifier}" belongs into src/runtime/`)),
  ];
}

const IMPURE =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b|\bcrypto\.(getRandomValues|randomUUID)\b/g;

/** core/ is pure: no clock, no randomness, no I/O. */
export function checkPurity(source: SourceText): string[] {
  const { path, text } = source;
  if (!path.startsWith("src/core/")) return [];
  const code = blankOut(text, new Set(["comment", "string", "regex"] as const));
  return [
    ...importsOf(source)
      .filter(({ specifier }) => specifier.startsWith("node:"))
      .map(({ line, specifier }) => problem(path, line, `core may not import "${specifier}"`)),
    ...[...code.matchAll(IMPURE)].map((match) =>
      problem(path, lineOf(code, match.index), `core may not use "${match[0]}"`),
    ),
  ];
}

/** Names that say nothing, and files that only pass on what others export. The library's own borders are `mod.ts`. */
export function checkNames(source: SourceText): string[] {
  const { path, text } = source;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!path.endsWith(".ts")) return [];
  if (/^(index|utils?|helpers?|common|misc)\.ts$/.test(name))
    return [problem(path, 1, `"${name}" names no one thing`)];
  if (!/^[a-z0-9]+([.-][a-z0-9]+)*\.ts$/.test(name))
    return [problem(path, 1, `"${name}" is not in kebab-case`)];
  const code = blankOut(text, new Set(["comment"] as const)).trim();
  const rest = code
    .replace(/export\s+(type\s+)?(\*(\s+as\s+\w+)?|\{[^}]*\})\s+from\s*["'][^"']+["']\s*;?/g, "")
    .trim();
  return name !== "mod.ts" && code !== "" && rest === ""
    ? [problem(path, 1, "only passes on what others export")]
    : [];
}

/** Nothing is run alone, and nothing is skipped without saying why, in a way that both runners count as skipped. */
export function checkTestHabits({ path, text }: SourceText): string[] {
  if (!path.startsWith("test/") || !path.endsWith(".ts")) return [];
  const code = blankOut(text, new Set(["comment", "string", "regex"] as const));
  const found = (pattern: RegExp, message: string) =>
    [...code.matchAll(pattern)].map((match) => problem(path, lineOf(code, match.index), message));
  return [
    ...found(/\b(describe|it|test)\.only\b|\bonly\s*:\s*true\b/g, "runs alone"),
    ...found(/\b(describe|it|test)\.(skip|todo)\b|\b(skip|todo)\s*:\s*true\b/g, "skips without a reason"),
    ...found(
      /\b(t|context|testContext)\.(skip|todo)\s*\(/g,
      "skips while it runs, which Deno counts as passed",
    ),
    ...importsOf({ path, text })
      .filter(({ specifier }) => specifier === "bun:test" || specifier.startsWith("jsr:"))
      .map(({ line, specifier }) => problem(path, line, `"${specifier}" does not load on both runtimes`)),
  ];
}
