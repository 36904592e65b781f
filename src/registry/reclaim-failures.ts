import { type ErrorCode, isArtifactstoreError } from "../core/errors.ts";
import { messageOf } from "../dataplane/source-file.ts";

/** Why some things could not be removed. */
export interface ReclaimFailure {
  readonly code: ErrorCode;
  /** Of the first of them. */
  readonly detail: string;
  /** Things that were to be removed; 0 where not even their list could be read to its end. */
  readonly count: number;
}

/**
 * Gathers what could not be removed, by code: one thing that stays is no reason to leave the others, and whoever frees
 * a disk wants to know all of it at the end. What is no failure of ours is thrown on.
 */
export class ReclaimFailures {
  readonly #byCode = new Map<ErrorCode, { detail: string; count: number; readonly error: unknown }>();

  add(error: unknown, count: number): void {
    if (!isArtifactstoreError(error)) throw error;
    const known = this.#byCode.get(error.code);
    if (known === undefined) this.#byCode.set(error.code, { detail: messageOf(error), count, error });
    else known.count += count;
  }

  list(): ReclaimFailure[] {
    return [...this.#byCode].map(([code, { detail, count }]) => ({ code, detail, count }));
  }

  throwFirst(): void {
    for (const { error } of this.#byCode.values()) throw error;
  }
}
