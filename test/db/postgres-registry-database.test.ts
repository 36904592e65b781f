import { describeRegistryDatabase } from "../contract/registry-database.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";

describeOnPostgres("PostgreSQL", () => describeRegistryDatabase("PostgreSQL", { open: openOwnPostgres }));
