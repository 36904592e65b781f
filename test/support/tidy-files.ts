import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import type { SourceText } from "./tidy-source.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

const DIRECTORIES = ["src", "test", "scripts", "docs"];
const TOP_FILES = ["README.md", "CONTRIBUTING.md", ".ci/run", ".env.example"];
/** Documents of other programs, kept as they are. */
const FIXTURES = /^test\/fixtures\//;

/** Every text of ours: sources, tests, scripts and documents. */
export function readProject(): SourceText[] {
  const paths = DIRECTORIES.flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|md)$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/")),
  );
  return [
    ...paths.filter((path) => !FIXTURES.test(path)).sort(),
    ...TOP_FILES.filter((path) => existsSync(join(ROOT, path))),
  ].map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}
