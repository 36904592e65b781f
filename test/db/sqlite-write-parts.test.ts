import { describeWriteParts } from "../contract/write-parts.ts";
import { openFileDatabase, openMemoryDatabase } from "../support/open-database.ts";

describeWriteParts("SQLite in a file", openFileDatabase);

describeWriteParts("SQLite in memory", openMemoryDatabase);
