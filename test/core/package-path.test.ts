import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { brokenPathRule, checkPackagePath } from "../../src/core/package-path.ts";
import { refusal } from "../support/refusal.ts";

describe("checkPackagePath", () => {
  const good = [
    "a",
    "run.json",
    ".env",
    "...",
    "..a/b..",
    "a/.b/c.",
    "reports/cmis report (1).md",
    "ä/日本/\u{1F600}",
    "e\u0301",
    "a:b",
    "a".repeat(1024),
    "é".repeat(512),
  ];
  for (const path of good) {
    it(`accepts "${path.slice(0, 30)}"`, () => {
      checkPackagePath(path);
    });
  }

  const bad: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["an absolute path", "/a"],
    ["a slash at the end", "a/"],
    ["an empty segment", "a//b"],
    ["a single slash", "/"],
    [".", "."],
    ["..", ".."],
    [". in front", "./a"],
    [".. in front", "../a"],
    [". in the middle", "a/./b"],
    [".. in the middle", "a/../b"],
    ["a dot segment at the end", "a/."],
    [".. at the end", "a/.."],
    ["a backslash", "a\\b"],
    ["NUL", "a\0b"],
    ["a line break", "a\nb"],
    ["an escape", "a\u001b[31m"],
    ["DEL", "a\u007f"],
    ["a C1 control", "a\u0085"],
    ["a lone surrogate", "a\ud800"],
    ["1,025 bytes", "a".repeat(1025)],
    ["1,026 bytes in 513 characters", "é".repeat(513)],
  ];
  for (const [what, path] of bad) {
    it(`refuses ${what}`, () => {
      refusal("invalid_path", () => checkPackagePath(path));
    });
  }

  it("decides as the rules say, segment by segment", () => {
    const piece = fc.constantFrom(
      "a",
      "B-9",
      ".",
      "..",
      "/",
      "é",
      "_",
      " ",
      "\\",
      "\n",
      "\u0080",
      "\ud800",
      "x".repeat(500),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
        const path = pieces.join("");
        const good =
          path.isWellFormed() &&
          new TextEncoder().encode(path).length <= 1024 &&
          path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..") &&
          [...path].every((character) => !/[\p{Cc}\\]/u.test(character));
        assert.equal(brokenPathRule(path) === undefined, good);
      }),
      { numRuns: 1000 },
    );
  });

  it("prints the refused path escaped", () => {
    const error = refusal("invalid_path", () => checkPackagePath("a\u001b[2Jb\u202e"));
    assert.ok(!/[\u001b\u202e]/.test(error.message));
    assert.ok(error.message.includes("\\u{1b}[2Jb\\u{202e}"));
  });
});
