import { ArtifactstoreError } from "../core/errors.ts";
import { readSmallFile } from "./read-small-file.ts";

/** Bytes. */
const ENV_FILE_MAX_BYTES = 65_536;

const ASSIGNMENT = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)$/;

/**
 * Reads the lines of a `.env` file that assign one of the wanted names; nothing else of it has any effect. The file may
 * belong to another program or to a stranger, so there is no expansion, no command, no continuation of lines.
 *
 * `KEY=VALUE`, `export KEY=VALUE`, `#` comments; a value may stand in single or double quotes, taken literally;
 * without quotes it ends at ` #`. Of equal keys the last counts.
 *
 * @param path absent, or not a regular file (a virtual environment may have that name): no entries
 * @throws ArtifactstoreError `configuration`: too large, unreadable, or a wanted line that is not understood
 */
export function readEnvFile(path: string, wanted: (name: string) => boolean): Map<string, string> {
  const text = readSmallFile(path, ENV_FILE_MAX_BYTES, { absent: "ignore" });
  return text === undefined ? new Map() : parseEnvText(text, wanted, path);
}

export function parseEnvText(
  text: string,
  wanted: (name: string) => boolean,
  path: string,
): Map<string, string> {
  const entries = new Map<string, string>();
  let lineNumber = 0;
  for (const line of text.split(/\r\n|\n|\r/)) {
    lineNumber += 1;
    const match = ASSIGNMENT.exec(line.trim());
    const [, name, raw] = match ?? [];
    if (name === undefined || raw === undefined || !wanted(name)) continue;
    const value = unquote(raw);
    if (value === undefined) {
      throw new ArtifactstoreError(
        "configuration",
        `Cannot read "${path}": line ${lineNumber} (${name}) has an open quote`,
      );
    }
    entries.set(name, value);
  }
  return entries;
}

/** `undefined`: a quote that does not close, or something other than a comment after it. */
function unquote(raw: string): string | undefined {
  const quote = raw[0];
  if (quote !== '"' && quote !== "'") return raw.replace(/(^|[ \t]+)#.*$/, "").trimEnd();
  const end = raw.indexOf(quote, 1);
  if (end < 0) return undefined;
  return /^[ \t]*(#.*)?$/.test(raw.slice(end + 1)) ? raw.slice(1, end) : undefined;
}
