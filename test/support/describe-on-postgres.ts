import { describe, it } from "node:test";
import { postgresMissing } from "./test-postgres.ts";

/** Tests that need a PostgreSQL; where there is none they say so, and fail under `CI=true`. */
export function describeOnPostgres(title: string, tests: () => void): void {
  const missing = postgresMissing();
  if (missing === undefined) {
    describe(title, tests);
    return;
  }
  describe(title, () => {
    it(`is not tested (skipped: ${missing})`, () => console.log(`skipped: ${title}: ${missing}`));
  });
}
