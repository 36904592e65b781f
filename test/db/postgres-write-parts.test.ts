import { describeWriteParts } from "../contract/write-parts.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { openOwnPostgres } from "../support/open-postgres.ts";

describeOnPostgres("PostgreSQL", () => describeWriteParts("PostgreSQL", openOwnPostgres));
