import { describe, it } from "node:test";
import { describeRegistryDatabase } from "../contract/registry-database.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";
import { postgresMissing } from "../support/test-postgres.ts";

const missing = postgresMissing();
if (missing === undefined) {
  describeRegistryDatabase("PostgreSQL", { open: openOwnPostgres });
} else {
  describe("PostgreSQL is a registry database", () => {
    it(`is not tested (skipped: ${missing})`, () => console.log(`skipped: PostgreSQL: ${missing}`));
  });
}
