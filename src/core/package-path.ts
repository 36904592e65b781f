import { ArtifactstoreError } from "./errors.ts";
import { PACKAGE_PATH_MAX_BYTES } from "./limits.ts";
import { quoteForTerminal } from "./terminal-text.ts";
import { CONTROL_CHARACTERS } from "./text-rules.ts";
import { utf8Length } from "./utf8-length.ts";

/** Most paths: ASCII names that do not begin with a dot. What matches, and is not too long, breaks no rule. */
const PLAIN_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:\/|$)/;

/**
 * The rules of a path within a package: relative, `/` between segments, valid Unicode as found (nothing is
 * normalised), no empty, `.` or `..` segment, no control character, no backslash, at most `PACKAGE_PATH_MAX_BYTES`.
 * Threat: a path that leaves the directory it is restored to, or that reads differently than it is.
 *
 * @returns which rule the path breaks, or `undefined`
 */
export function brokenPathRule(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.length > PACKAGE_PATH_MAX_BYTES) return `it has more than ${PACKAGE_PATH_MAX_BYTES} bytes`;
  if (PLAIN_PATH.test(path)) return undefined;
  if (!path.isWellFormed()) return "it is not valid Unicode";
  if (CONTROL_CHARACTERS.test(path)) return "it has a control character";
  if (path.includes("\\")) return "it has a backslash";
  if (path.startsWith("/")) return "it begins with a slash";
  if (path.endsWith("/") || path.includes("//")) return "it has an empty segment";
  if (DOT_SEGMENT.test(path)) return 'it has a segment "." or ".."';
  // A UTF-16 unit takes at most three bytes, so that most paths need no counting.
  if (path.length * 3 > PACKAGE_PATH_MAX_BYTES && utf8Length(path) > PACKAGE_PATH_MAX_BYTES) {
    return `it has more than ${PACKAGE_PATH_MAX_BYTES} bytes`;
  }
  return undefined;
}

/** Throws `invalid_path`, naming the path (escaped) and the rule. */
export function checkPackagePath(path: string): void {
  const rule = brokenPathRule(path);
  if (rule !== undefined) {
    throw new ArtifactstoreError("invalid_path", `Cannot use path ${quoteForTerminal(path)}: ${rule}`);
  }
}
