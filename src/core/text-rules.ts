import { ArtifactstoreError } from "./errors.ts";
import { quoteForTerminal } from "./terminal-text.ts";
import { utf8Length } from "./utf8-length.ts";

/** C0, DEL and C1. */
export const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * The rule for every short text that people or producers choose: not empty, valid Unicode, no control characters, not
 * longer than a named limit, no white space at either end (two names must not differ by what nobody sees).
 *
 * @returns which rule the text breaks, or `undefined`
 */
export function brokenTextRule(text: string, bytesMax: number): string | undefined {
  if (text === "") return "it is empty";
  if (!text.isWellFormed()) return "it has a lone surrogate";
  if (CONTROL_CHARACTERS.test(text)) return "it has a control character";
  if (text.trim() !== text) return "it begins or ends with white space";
  // A UTF-16 unit takes at most three bytes, so that most texts need no counting.
  if (text.length * 3 > bytesMax && utf8Length(text) > bytesMax) return `it has more than ${bytesMax} bytes`;
  return undefined;
}

/** @param what names the text in the message: `producer`. Throws `invalid_input`. */
export function refuseText(text: string, what: string, rule: string): never {
  throw new ArtifactstoreError("invalid_input", `Cannot use ${what} ${quoteForTerminal(text)}: ${rule}`);
}
