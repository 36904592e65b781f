import type { Unreferenced } from "./doctor-report.ts";

/** Counts what nothing refers to, by age. */
export class UnreferencedTally {
  readonly #now: number;
  readonly #graceMs: number;
  #count = 0;
  #sizeBytes = 0;
  #removable = 0;
  #oldest = Number.POSITIVE_INFINITY;

  /** @param now milliseconds since 1970 */
  constructor(now: number, graceMs: number) {
    this.#now = now;
    this.#graceMs = graceMs;
  }

  add({ size, modifiedAt }: { readonly size: number; readonly modifiedAt: number }): void {
    this.#count += 1;
    this.#sizeBytes += size;
    this.#oldest = Math.min(this.#oldest, modifiedAt);
    if (isPastGrace(modifiedAt, this.#now, this.#graceMs)) this.#removable += 1;
  }

  result(): Unreferenced {
    const oldestAgeSeconds = Math.max(0, Math.floor((this.#now - this.#oldest) / 1000));
    return {
      count: this.#count,
      sizeBytes: this.#sizeBytes,
      removable: this.#removable,
      ...(this.#count === 0 ? {} : { oldestAgeSeconds }),
    };
  }
}

/** Whether something that nothing refers to is old enough to go. All times in milliseconds. */
export function isPastGrace(modifiedAt: number, now: number, graceMs: number): boolean {
  return now - modifiedAt >= graceMs;
}
