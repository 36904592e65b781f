import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { generatedParts, withPart } from "../../scripts/generated-docs.ts";
import { ROOT } from "../../scripts/project.ts";

const PARTS = await generatedParts();

describe("documents", () => {
  for (const part of PARTS) {
    it(`${part.document} says what the sources say of ${part.name}`, () => {
      const document = readFileSync(join(ROOT, part.document), "utf8");
      assert.ok(
        withPart(document, part) === document,
        `run "bun run docs" to bring ${part.document} up to date`,
      );
    });
  }

  it("have a place for what is put into them", () => {
    const part = { document: "docs/x.md", name: "x", text: "new" };
    assert.throws(() => withPart("no place", part));
    const start = "<!-- made from the sources: x -->";
    assert.equal(withPart(`a\n${start}\nold\n<!-- end -->\nb`, part), `a\n${start}\nnew\n<!-- end -->\nb`);
  });
});
