import { ArtifactstoreError } from "../core/errors.ts";

/** The segments of a route's path, split once. */
const segmentsOf = new Map<string, readonly string[]>();

/**
 * The variable parts of a path that a route's path matches, as they were sent; `undefined` if it does not. `:name` is one
 * segment that is not empty, `*` at the end all the rest that is not empty.
 */
export function matchPath(pattern: string, pathname: string): Map<string, string> | undefined {
  let wanted = segmentsOf.get(pattern);
  if (wanted === undefined) {
    wanted = pattern.split("/");
    segmentsOf.set(pattern, wanted);
  }
  const given = pathname.split("/");
  const matched = new Map<string, string>();
  for (const [index, segment] of wanted.entries()) {
    const found = given[index];
    if (segment === "*") {
      const rest = given.slice(index).join("/");
      if (rest === "") return undefined;
      return matched.set("*", rest);
    }
    if (segment.startsWith(":")) {
      if (found === undefined || found === "") return undefined;
      matched.set(segment.slice(1), found);
    } else if (segment !== found) return undefined;
  }
  return given.length === wanted.length ? matched : undefined;
}

/** Named segments decoded, the rest of the path (`*`) as it was sent. Throws `invalid_request`. */
export function decodeParameters(matched: ReadonlyMap<string, string>): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, text] of matched) parameters[name] = name === "*" ? text : decodeSegment(text);
  return parameters;
}

/** Percent-decodes one segment (RFC 3986 section 2.1). Throws `invalid_request` for what is not UTF-8. */
export function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ArtifactstoreError(
      "invalid_request",
      `Cannot read the path: "${text.slice(0, 80)}" is not percent-encoded UTF-8`,
      { cause },
    );
  }
}
