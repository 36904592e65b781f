import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maskUrl, parseDatabaseUrl, printDatabaseLocation } from "../../src/config/database-url.ts";

const BASE = "/base/directory";

describe("database URL", () => {
  const sqlite: readonly (readonly [string, string])[] = [
    ["sqlite:./var/artifactstore.db", "/base/directory/var/artifactstore.db"],
    ["sqlite:var/a.db", "/base/directory/var/a.db"],
    ["sqlite:/srv/a.db", "/srv/a.db"],
    ["sqlite:../a?b.db", "/base/a?b.db"],
    ["sqlite+aiosqlite:///./var/a.db", "/base/directory/var/a.db"],
    ["sqlite+aiosqlite:///var/a.db", "/base/directory/var/a.db"],
    ["sqlite+aiosqlite:////srv/a.db", "/srv/a.db"],
  ];
  for (const [text, path] of sqlite) {
    it(`reads ${text}`, () => assert.deepEqual(parseDatabaseUrl(text, BASE), { kind: "sqlite", path }));
  }

  for (const text of ["sqlite::memory:", "sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"]) {
    it(`reads ${text}`, () => assert.deepEqual(parseDatabaseUrl(text, BASE), { kind: "sqlite_memory" }));
  }

  for (const scheme of ["postgres", "postgresql", "postgresql+asyncpg"]) {
    it(`reads ${scheme}://`, () => {
      const location = parseDatabaseUrl(`${scheme}://user:secret@host:5432/name?sslmode=require`, BASE);
      const url = "postgresql://user:secret@host:5432/name?sslmode=require";
      assert.deepEqual(location, { kind: "postgres", url });
    });
  }

  const refused = [
    "",
    "sqlite:",
    "sqlite:dir/",
    "sqlite::other:",
    "sqlite:///srv/a.db",
    "sqlite+aiosqlite:var/a.db",
    "sqlite+aiosqlite:///a.db?timeout=5",
    "mysql://host/name",
    "postgresql+psycopg://host/name",
    "postgresql://[half/name",
    "/srv/a.db",
  ];
  for (const text of refused) {
    it(`refuses "${text}" without quoting it`, () => {
      const answer = parseDatabaseUrl(text, BASE);
      assert.ok("problem" in answer);
      assert.ok(text === "" || !answer.problem.includes(`"${text}"`));
    });
  }

  it("is printed without user, password and parameters", () => {
    const printed = printDatabaseLocation({
      kind: "postgres",
      url: "postgresql://user:hunter2@host/name?password=hunter2&sslmode=require",
    });
    assert.ok(!printed.includes("hunter2"));
    assert.equal(printed, "postgresql://***@host/name?password=***&sslmode=***");
  });

  const masked: readonly (readonly [string, string])[] = [
    ["http://h/p?X-Amz-Signature=hunter2&a=b=hunter2", "http://h/p?X-Amz-Signature=***&a=***"],
    ["http://h/?a=hunter2&a=hunter2;b=hunter2", "http://h/?a=***&a=***"],
    ["http://h/?hunter2", "http://h/?***"],
    ["http://h/?=hunter2", "http://h/?***"],
    ["http://hunter2@h/", "http://***@h/"],
    ["http://:hunter2@h/", "http://***@h/"],
    ["http://h/#access=hunter2", "http://h/#***"],
    ["https://h:9000/bucket", "https://h:9000/bucket"],
  ];
  for (const [text, printed] of masked) it(`prints ${printed}`, () => assert.equal(maskUrl(text), printed));

  it("masks a URL that cannot be read whole", () => assert.equal(maskUrl("hunter2"), "***"));
});
