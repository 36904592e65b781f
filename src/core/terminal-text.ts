/**
 * Controls (C0, DEL, C1), invisible and direction-changing format characters, lone surrogates, line and paragraph
 * separators. Threat: a file name of a run that moves the cursor, rewrites earlier output or shows another order of
 * letters than it has.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: { readonly [character: string]: string } = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text from outside as one line that is safe to print to a terminal: unsafe characters become `\u{…}` in hex. */
export function escapeForTerminal(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => SHORT[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** The same, cut to a length that fits a message, in double quotes. */
export function quoteForTerminal(text: string, lengthMax = 200): string {
  const cut = text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
  return `"${escapeForTerminal(cut)}"`;
}
