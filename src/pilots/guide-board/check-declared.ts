import { ArtifactstoreError, type FieldError } from "../../core/errors.ts";
import { ERRORS_LISTED_MAX } from "../../core/limits.ts";
import { escapeForTerminal, quoteForTerminal } from "../../core/terminal-text.ts";
import type { SourceEntry } from "../../registry/source-tree.ts";
import { ASSESSMENT_PACKAGE_PATH } from "./run-documents.ts";
import type { Declaration, RunFile } from "./run-plan.ts";

/** What reading a file to its end found. Digests as 64 lower-case hex digits. */
export interface FoundContent {
  readonly sizeBytes: number;
  readonly blake3: string;
  readonly sha256: string;
}

/**
 * Before the first byte is read: every declared file is there, at its declared size. Throws `source_refused` naming
 * all that are missing, else `digest_mismatch` naming all of another size.
 */
export function checkDeclaredPresence(
  declared: ReadonlyMap<string, Declaration>,
  files: ReadonlyMap<string, SourceEntry>,
): void {
  const missing: FieldError[] = [];
  const differing: FieldError[] = [];
  for (const [path, declaration] of declared) {
    const entry = files.get(path);
    if (entry === undefined) missing.push({ pointer: escapeForTerminal(path), message: "is missing" });
    else if (declaration.sizeBytes !== undefined && declaration.sizeBytes !== entry.sizeBytes) {
      const message = `has ${entry.sizeBytes} bytes, declared are ${declaration.sizeBytes}`;
      differing.push({ pointer: escapeForTerminal(path), message });
    }
  }
  refuse("source_refused", missing);
  refuse("digest_mismatch", differing);
}

/** After the last byte was read. Throws `digest_mismatch` if the bytes are not those that were declared. */
export function checkDeclared(file: Pick<RunFile, "path" | "declared">, found: FoundContent): void {
  const declared = file.declared;
  if (declared === undefined) return;
  const errors: FieldError[] = [];
  for (const key of ["sizeBytes", "sha256", "blake3"] as const) {
    const expected = declared[key];
    if (expected === undefined || expected === found[key]) continue;
    const word = key === "sizeBytes" ? "size" : key;
    errors.push({
      pointer: escapeForTerminal(file.path),
      message: `has ${word} ${found[key]}, declared is ${expected}`,
    });
  }
  refuse("digest_mismatch", errors);
}

function refuse(code: "source_refused" | "digest_mismatch", errors: readonly FieldError[]): void {
  const first = errors[0];
  if (first === undefined) return;
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new ArtifactstoreError(
    code,
    `Cannot accept guide-board run: file ${quoteForTerminal(first.pointer)}, declared in "${ASSESSMENT_PACKAGE_PATH}", ${first.message}${more}`,
    { errors: errors.slice(0, ERRORS_LISTED_MAX) },
  );
}
