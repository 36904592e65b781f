/** One file of the project, as the rules see it. */
export interface SourceText {
  /** Relative to the checkout, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface ImportStatement {
  /** From 1. */
  readonly line: number;
  readonly specifier: string;
  /** Nothing of it is left when the program runs. */
  readonly typeOnly: boolean;
}

/** `path:line: message`, as compilers print it. */
export function problem(path: string, line: number, message: string): string {
  return `${path}:${line}: ${message}`;
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf("\n"); index >= 0 && index < offset; index = text.indexOf("\n", index + 1))
    line += 1;
  return line;
}

type Region = "code" | "comment" | "string" | "regex";

/** The source with comments (and, on demand, the insides of strings and regular expressions) as blanks; same offsets. */
export function blankOut(text: string, regions: ReadonlySet<Region>): string {
  const parts: string[] = [];
  for (const { region, start, end } of regionsOf(text)) {
    const part = text.slice(start, end);
    parts.push(regions.has(region) ? part.replace(/[^\n]/g, " ") : part);
  }
  return parts.join("");
}

/** Template literals count as strings whole, the expressions in them included. */
function* regionsOf(text: string): Iterable<{ region: Region; start: number; end: number }> {
  let start = 0;
  let index = 0;
  while (index < text.length) {
    const region = regionAt(text, index);
    if (region === "code") {
      index += 1;
      continue;
    }
    if (index > start) yield { region: "code", start, end: index };
    const end = endOf(text, index, region);
    yield { region, start: index, end };
    start = end;
    index = end;
  }
  if (start < text.length) yield { region: "code", start, end: text.length };
}

function regionAt(text: string, index: number): Region {
  const character = text[index];
  if (character === '"' || character === "'" || character === "`") return "string";
  if (character !== "/") return "code";
  const next = text[index + 1];
  if (next === "/" || next === "*") return "comment";
  // A slash divides after a value and begins a regular expression elsewhere.
  return /(^|[(,=:[!&|?{};>\n]|\b(return|case|typeof|of|in))\s*$/.test(
    text.slice(Math.max(0, index - 40), index),
  )
    ? "regex"
    : "code";
}

function endOf(text: string, start: number, region: Region): number {
  if (region === "comment") {
    const closing = text[start + 1] === "/" ? "\n" : "*/";
    const end = text.indexOf(closing, start + 2);
    return end < 0 ? text.length : end + (closing === "\n" ? 0 : 2);
  }
  const closing = text[start] ?? "";
  let inClass = false;
  for (let index = start + 1; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\\") index += 1;
    else if (closing === "`" && character === "$" && text[index + 1] === "{")
      index = endOfExpression(text, index + 2);
    else if (region === "regex" && character === "[") inClass = true;
    else if (region === "regex" && character === "]") inClass = false;
    else if (character === closing && !inClass) return index + 1;
    else if (character === "\n" && closing !== "`") return index;
  }
  return text.length;
}

/** The place of the brace that ends an expression in a template literal. */
function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    const region = regionAt(text, index);
    if (region !== "code") index = endOf(text, index, region) - 1;
    else if (text[index] === "{") depth += 1;
    else if (text[index] === "}") {
      if (depth === 0) return index;
      depth -= 1;
    }
  }
  return text.length;
}

const STATEMENT = /(?:^|[;\n])[ \t]*(?:import|export)\b([^;"'`(]*?)\bfrom\s*(["'])([^"'\n]+)\2/g;
const SIDE_EFFECT = /(?:^|[;\n])[ \t]*import\s*(["'])([^"'\n]+)\1/g;
const DYNAMIC = /\bimport\s*\(\s*(["'])([^"'\n]+)\1/g;
/** How threads and data files are found. */
const FILE_URL = /\bnew\s+URL\(\s*(["'])(\.[^"'\n]+)\1\s*,\s*import\.meta\.url/g;

/** Every way in which a source names another one, type-only imports included. Texts that look like one do not count. */
export function importsOf({ text }: SourceText): ImportStatement[] {
  const code = blankOut(text, new Set<Region>(["comment", "regex"]));
  const bare = blankOut(text, new Set<Region>(["comment", "regex", "string"]));
  const found: ImportStatement[] = [];
  const add = (match: RegExpExecArray, specifier: string, typeOnly: boolean) => {
    const start = match.index + match[0].search(/[^;\s]/);
    if (bare[start] === " ") return;
    found.push({ line: lineOf(code, match.index + match[0].length - 1), specifier, typeOnly });
  };
  for (const match of code.matchAll(STATEMENT)) add(match, match[3] ?? "", isTypeOnly(match[1] ?? ""));
  for (const pattern of [SIDE_EFFECT, DYNAMIC, FILE_URL]) {
    for (const match of code.matchAll(pattern)) add(match, match[2] ?? "", false);
  }
  return found.sort((left, right) => left.line - right.line);
}

/** `type { … }`, or braces in which every name says `type`. */
function isTypeOnly(clause: string): boolean {
  if (/^\s+type\b(?!\s*,)/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/
    .exec(clause)?.[1]
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return names !== undefined && names.length > 0 && names.every((name) => name.startsWith("type "));
}
