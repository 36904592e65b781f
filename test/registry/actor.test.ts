import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ACTOR_MAX_BYTES } from "../../src/core/limits.ts";
import { openTestRegistry } from "../support/open-registry.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

describe("the configured actor", () => {
  for (const actor of [" local:eve", "eve\u001b[2J", "a\nb", "\ud800", "x".repeat(ACTOR_MAX_BYTES + 1)]) {
    it(`is refused before anything is made: ${JSON.stringify(actor).slice(0, 20)}`, () =>
      withTemporaryDirectory(async (directory) => {
        await rejectsWithCode("configuration", openTestRegistry(directory, { ACTOR: actor }));
        assert.equal(existsSync(join(directory, "var")), false);
      }));
  }

  it("is taken as it is if it keeps the rule", () =>
    withTemporaryDirectory(async (directory) => {
      const { registry, close } = await openTestRegistry(directory, { ACTOR: "ci:Büro 7" });
      assert.equal(registry.actor, "ci:Büro 7");
      await close();
    }));
});
