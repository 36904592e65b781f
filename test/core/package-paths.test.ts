import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkPackagePaths, pathConflicts } from "../../src/core/package-paths.ts";
import { refusal } from "../support/refusal.ts";

describe("checkPackagePaths", () => {
  it("accepts paths in byte order, with files between a name and what lies in a directory of a similar one", () => {
    checkPackagePaths(["a-b", "a.b", "a/b", "a/b.c/d", "a/bc", "b", "\uFFFF", "\u{1F600}"]);
    checkPackagePaths([]);
  });

  const bad: readonly (readonly [string, readonly string[]])[] = [
    ["a path twice", ["a", "a"]],
    ["a file that is a directory", ["a", "a/b"]],
    ["the same with others in between", ["a", "a-b", "a.b", "a/b"]],
    ["a file that is a directory further up", ["x/a", "x/a/b/c/d"]],
    ["paths out of order", ["b", "a"]],
    ["the order of UTF-16", ["\u{1F600}", "\uFFFF"]],
  ];
  for (const [what, paths] of bad) {
    it(`refuses ${what}`, () => {
      refusal("path_conflict", () => checkPackagePaths(paths));
    });
  }

  it("answers every conflict with its place", () => {
    const conflicts = [...pathConflicts(["a", "a/b", "a/c", "d", "d", "e/f"])];
    assert.deepEqual(
      conflicts.map(({ index }) => index),
      [1, 2, 4],
    );
  });
});
