import { lineOf, problem, type SourceText } from "./tidy-source.ts";

const DOCUMENT_NAME = /(?<![\w./-])docs\/[a-z-]+\.md/g;

/** A page of `docs/` that a source or another page names is there. */
export function checkDocumentNames(texts: readonly SourceText[]): string[] {
  const known = new Set(texts.map(({ path }) => path));
  return texts
    .filter(({ path }) => !path.startsWith("test/"))
    .flatMap(({ path, text }) =>
      [...text.matchAll(DOCUMENT_NAME)]
        .filter(([name]) => !known.has(name))
        .map((match) => problem(path, lineOf(text, match.index), `there is no "${match[0]}"`)),
    );
}
