import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { localActor } from "../../src/config/local-actor.ts";
import { ACTOR_MAX_BYTES } from "../../src/core/limits.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const USERS = [
  "root:x:0:0:root:/root:/bin/sh",
  "+::::::",
  "",
  "alice:x:1000:1000:Alice:/home/alice:/bin/sh",
  "second:x:1000:1000:same number:/:/bin/sh",
  "björn:x:1001:1001::/:/bin/sh",
  "bad\u0007bell:x:1002:1002::/:/bin/sh",
  ":x:1003:1003::/:/bin/sh",
  " blank:x:1004:1004::/:/bin/sh",
  `${"n".repeat(ACTOR_MAX_BYTES)}:x:1005:1005::/:/bin/sh`,
  "last:x:1006:1006::/:/bin/sh",
].join("\n");

const ACTORS: readonly (readonly [number, string])[] = [
  [0, "local:root"],
  [1000, "local:alice"],
  [1001, "local:björn"],
  [1002, "local:uid-1002"],
  [1003, "local:uid-1003"],
  [1004, "local:uid-1004"],
  [1005, "local:uid-1005"],
  [1006, "local:last"],
  [4_294_967_294, "local:uid-4294967294"],
];

describe("the actor of whoever runs the program", () => {
  it("has the name of the user database, or the number", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "passwd");
      writeFileSync(path, USERS);
      for (const [uid, actor] of ACTORS) assert.equal(localActor(uid, path), actor);
    }));

  it("has the number where the user database is missing or no text", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "passwd");
      assert.equal(localActor(7, path), "local:uid-7");
      writeFileSync(path, Uint8Array.of(0xff, ...new TextEncoder().encode(":x:7:7::/:/bin/sh")));
      assert.equal(localActor(7, path), "local:uid-7");
    }));

  it("is not what the environment says", { skip: process.geteuid === undefined }, () => {
    const names = ["USER", "LOGNAME", "USERNAME"];
    const before = names.map((name) => process.env[name]);
    try {
      for (const name of names) process.env[name] = "somebody-else";
      assert.notEqual(localActor(), "local:somebody-else");
      const uid = process.geteuid?.();
      const known = readFileSync("/etc/passwd", "utf8").includes(`:${uid}:`);
      if (!known) assert.equal(localActor(), `local:uid-${uid}`);
    } finally {
      for (const [index, name] of names.entries()) {
        const value = before[index];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
  });
});
