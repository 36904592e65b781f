import { describeRegistryDatabase } from "../contract/registry-database.ts";
import { openFileDatabase, openMemoryDatabase } from "../support/open-database.ts";

describeRegistryDatabase("SQLite in a file", { open: openFileDatabase });

describeRegistryDatabase("SQLite in memory", { open: openMemoryDatabase });
