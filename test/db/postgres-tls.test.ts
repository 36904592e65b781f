import assert from "node:assert/strict";
import { it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { statusPostgres } from "../../scripts/services/postgres-service.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { openPostgresAt } from "../support/open-postgres.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { createTestSchema, testPostgresServer } from "../support/test-postgres.ts";

/** The certificate of our own server; one that the environment names is not known to have any. */
async function ownCertificate(): Promise<string | undefined> {
  const { url, certificate } = await statusPostgres();
  return url === testPostgresServer() ? certificate : undefined;
}

describeOnPostgres("TLS to PostgreSQL", () => {
  it("is spoken and checked as the URL asks", async () => {
    const schema = await createTestSchema();
    const certificate = await ownCertificate();
    try {
      const through = async (host: string, parameters: Readonly<Record<string, string>>) => {
        const url = new URL(schema.url);
        url.hostname = host;
        for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
        const database = await openPostgresAt(url.href, "write");
        const row = await database.read((reader) =>
          reader.get<{ ssl: number }>(sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`),
        );
        await database.close();
        return row?.ssl === 1;
      };
      assert.equal(await through("127.0.0.1", { sslmode: "disable" }), false);
      await rejectsWithCode("configuration", () => through("127.0.0.1", { sslmode: "perhaps" }));
      await rejectsWithCode("configuration", () => through("127.0.0.1", { sslrootcert: "/no/such/file" }));
      for (const mode of ["prefer", "require", "verify-ca"]) {
        const weak = { sslmode: mode, sslrootcert: "system" };
        await rejectsWithCode("configuration", () => through("127.0.0.1", weak));
      }
      if (certificate === undefined) return;
      const trusted = { sslrootcert: certificate };
      assert.equal(await through("127.0.0.1", { sslmode: "prefer" }), true);
      assert.equal(await through("127.0.0.1", { sslmode: "require" }), true);
      assert.equal(await through("127.0.0.1", { sslmode: "require", ...trusted }), true);
      assert.equal(await through("127.0.0.1", { sslmode: "verify-ca", ...trusted }), true);
      assert.equal(await through("localhost", { sslmode: "verify-full", ...trusted }), true);
      // Nobody vouches for the certificate; the certificate is for another name.
      for (const mode of ["verify-ca", "verify-full"]) {
        await rejectsWithCode("database_unavailable", () => through("localhost", { sslmode: mode }));
      }
      await rejectsWithCode("database_unavailable", () =>
        through("127.0.0.1", { sslmode: "verify-full", ...trusted }),
      );
    } finally {
      await schema.drop();
    }
  });
});
