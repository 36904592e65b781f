import { ArtifactstoreError, type ErrorCode, type FieldError } from "../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../core/limits.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import { compareUtf8 } from "../core/utf8-order.ts";

/** Why something in a source directory cannot become a file of a package. */
export type RefusalKind = "path" | "type" | "unreadable" | "changed";

export interface SourceRefusal {
  /** Relative to the root, as found (not escaped); `""` is the root itself. */
  readonly path: string;
  readonly kind: RefusalKind;
  /** Continues a sentence that begins with the path: `is a symbolic link`. */
  readonly state: string;
}

/** Enough for a caller that looks among them for those that concern it; more would not be read by anyone. Count. */
const REFUSALS_KEPT_MAX = 10_000;

/** Gathers refusals, the first of them by name and the rest by number. */
export class SourceRefusals {
  readonly #list: SourceRefusal[] = [];
  #count = 0;

  add(path: string, kind: RefusalKind, state: string): void {
    this.#count += 1;
    if (this.#list.length >= REFUSALS_KEPT_MAX) return;
    this.#list.push({ path: path.endsWith("/") ? path.slice(0, -1) : path, kind, state });
  }

  /** In order of UTF-8 bytes of the path: directories are listed in an order of the file system's own. */
  list(): readonly SourceRefusal[] {
    return this.#list.sort((a, b) => compareUtf8(a.path, b.path));
  }

  /** Those that are not listed. */
  get unlistedCount(): number {
    return this.#count - this.#list.length;
  }
}

/**
 * Throws the one error for all of them: `invalid_path` if only names break rules, `source_changed` if things only
 * moved under the walk, otherwise `source_refused`.
 */
export function refuseSource(root: string, refusals: readonly SourceRefusal[], unlistedCount = 0): never {
  const errors: FieldError[] = refusals.slice(0, ERRORS_LISTED_MAX).map((refusal) => ({
    pointer: escapeForTerminal(refusal.path),
    message: refusal.state,
  }));
  const first = refusals[0];
  const what = first === undefined || first.path === "" ? "it" : quoteForTerminal(first.path);
  const others = refusals.length + unlistedCount - 1;
  const more = others > 0 ? `, and ${others} more refused` : "";
  throw new ArtifactstoreError(
    refusalCode(refusals),
    `Cannot read source directory ${quoteForTerminal(root)}: ${what} ${first?.state ?? "is refused"}${more}`,
    { errors },
  );
}

function refusalCode(refusals: readonly SourceRefusal[]): ErrorCode {
  if (refusals.every((refusal) => refusal.kind === "path")) return "invalid_path";
  if (refusals.every((refusal) => refusal.kind === "changed")) return "source_changed";
  return "source_refused";
}
