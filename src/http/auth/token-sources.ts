import { ArtifactstoreError } from "../../core/errors.ts";
import { parseTokens, type Token } from "./parse-tokens.ts";

/** Where tokens come from: a setting, and a file. */
export interface TokenSources {
  readonly listed: string | undefined;
  /** Reads the file anew; `undefined` where none is configured. */
  readonly readFile: (() => { readonly path: string; readonly text: string }) | undefined;
}

/** All tokens of both. Throws `configuration`. */
export function loadTokens({ listed, readFile }: TokenSources): Token[] {
  const tokens = listed === undefined ? [] : parseTokens(listed, "ARTIFACTSTORE_AUTH_TOKENS");
  if (readFile === undefined) return tokens;
  const { path, text } = readFile();
  const known = new Set(tokens.map(({ digest }) => Buffer.from(digest).toString("hex")));
  for (const token of parseTokens(text, path)) {
    if (known.has(Buffer.from(token.digest).toString("hex"))) {
      throw new ArtifactstoreError(
        "configuration",
        `Cannot use the tokens of "${path}": one of "${token.actor}" is in "ARTIFACTSTORE_AUTH_TOKENS" too`,
      );
    }
    tokens.push(token);
  }
  return tokens;
}
