import { ArtifactstoreError } from "../core/errors.ts";
import { EXCLUDE_GLOB_MAX_LENGTH, EXCLUDE_GLOBS_MAX } from "../core/limits.ts";
import { compareUtf8 } from "../core/utf8-order.ts";

/** Which package paths a producer asked to leave out. */
export interface PathExclusion {
  /** Each glob once, in order of UTF-8 bytes: what is recorded of the exclusion. */
  readonly globs: readonly string[];
  /** Whether this path itself matches a glob (a directory that does is not entered). */
  matches(path: string): boolean;
  /** Whether the path or a directory above it matches. */
  covers(path: string): boolean;
  /** Globs that have matched nothing so far. */
  unusedGlobs(): readonly string[];
}

/**
 * Globs as people know them from shells: `*` within a segment, `**` over segments, `{a,b}`, `[a-z]`. They are held
 * against the package path, always with `/`, and match names that begin with a dot as well; one without a slash is
 * held against the last segment at any depth, so `*.pem` leaves out every such file.
 *
 * Throws `invalid_input` for a glob that is empty, too long, absolute or a negation.
 */
export async function createPathExclusion(globs: readonly string[]): Promise<PathExclusion> {
  const distinct = [...new Set(globs)].sort(compareUtf8);
  if (distinct.length > EXCLUDE_GLOBS_MAX) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot exclude paths: ${distinct.length} globs are more than ${EXCLUDE_GLOBS_MAX}`,
    );
  }
  for (const glob of distinct) checkGlob(glob);
  if (distinct.length === 0) return NOTHING_EXCLUDED;

  // Loaded only where someone excludes something: start-up is part of the product.
  const { default: picomatch } = await import("picomatch");
  const matchers = distinct.map((glob) => {
    // A trailing slash names a directory, which is how the directory itself is offered here.
    const pattern = glob.endsWith("/") ? glob.slice(0, -1) : glob;
    const test = picomatch(pattern, { dot: true, basename: true, windows: false, nonegate: true });
    return { glob, test, used: false };
  });

  function matches(path: string): boolean {
    let found = false;
    for (const matcher of matchers) {
      if (!matcher.test(path)) continue;
      matcher.used = true;
      found = true;
    }
    return found;
  }

  function covers(path: string): boolean {
    for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
      if (matches(path.slice(0, slash))) return true;
    }
    return matches(path);
  }

  return {
    globs: distinct,
    matches,
    covers,
    unusedGlobs: () => matchers.filter((matcher) => !matcher.used).map((matcher) => matcher.glob),
  };
}

const NOTHING_EXCLUDED: PathExclusion = {
  globs: [],
  matches: () => false,
  covers: () => false,
  unusedGlobs: () => [],
};

function checkGlob(glob: string): void {
  const rule = brokenRule(glob);
  if (rule !== undefined) {
    throw new ArtifactstoreError("invalid_input", `Cannot exclude "${glob.slice(0, 80)}": ${rule}`);
  }
}

function brokenRule(glob: string): string | undefined {
  if (glob === "" || glob === "/") return "the glob is empty";
  if (glob.length > EXCLUDE_GLOB_MAX_LENGTH)
    return `the glob is longer than ${EXCLUDE_GLOB_MAX_LENGTH} characters`;
  if (!glob.isWellFormed() || glob.includes("\0")) return "the glob is not valid text";
  if (glob.startsWith("/"))
    return "globs are held against paths relative to the directory, without a leading slash";
  // A negation would turn "leave out" into "leave out all but", which nobody reads in the record afterwards.
  if (glob.startsWith("!")) return "a glob cannot be negated";
  return undefined;
}
