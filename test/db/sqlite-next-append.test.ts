import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeNextAppend } from "../contract/next-append.ts";
import { openDatabaseAt, openMemoryDatabase } from "../support/open-database.ts";

describeNextAppend("SQLite in a file", {
  timesMax: Number.POSITIVE_INFINITY,
  async open(times) {
    const directory = mkdtempSync(join(realpathSync(tmpdir()), "artifactstore-"));
    const path = join(directory, "registry.db");
    const databases = [await openDatabaseAt(path, "write")];
    while (databases.length < times) databases.push(await openDatabaseAt(path, "write"));
    return {
      databases,
      async close() {
        for (const database of databases) await database.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
});

describeNextAppend("SQLite in memory", {
  timesMax: 1,
  async open() {
    const { database, close } = await openMemoryDatabase();
    return { databases: [database], close };
  },
});
