import { ArtifactstoreError } from "../core/errors.ts";
import { decodeSegment } from "./match-path.ts";

/**
 * The package path that the rest of a URL's path spells. A segment that holds an encoded slash is refused: whether it
 * separates would be a guess. The rules of package paths themselves are the registry's. Throws `invalid_path`.
 */
export function packagePathOfUrl(rest: string): string {
  const segments = rest.split("/").map(decodeSegment);
  for (const segment of segments) {
    if (segment.includes("/")) {
      throw new ArtifactstoreError(
        "invalid_path",
        'Cannot read the path: it holds an encoded slash ("%2F"); a slash that separates is sent as it is',
      );
    }
  }
  return segments.join("/");
}
