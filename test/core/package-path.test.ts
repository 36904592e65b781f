import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkPackagePath } from "../../src/core/package-path.ts";
import { checkPackagePaths, pathConflicts } from "../../src/core/package-paths.ts";
import { findCollisions } from "../../src/core/path-collisions.ts";
import { checkPullName } from "../../src/core/pull-name.ts";
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

  it("prints the refused path escaped", () => {
    const error = refusal("invalid_path", () => checkPackagePath("a\u001b[2Jb\u202e"));
    assert.ok(!/[\u001b\u202e]/.test(error.message));
    assert.ok(error.message.includes("\\u{1b}[2Jb\\u{202e}"));
  });
});

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

describe("checkPullName", () => {
  const posix = { caseInsensitive: false, normalising: false, windowsNames: false };
  const windows = { caseInsensitive: true, normalising: false, windowsNames: true };
  const reserved = [
    "con",
    "NUL.txt",
    "a/aux/b",
    "com1",
    "LPT9.log",
    "com¹",
    "nul .x",
    "a:b",
    "a?",
    "a.",
    "a /b",
    "a|b",
  ];

  for (const path of reserved) {
    it(`refuses "${path}" on Windows only`, () => {
      refusal("invalid_path", () => checkPullName(path, windows));
      checkPullName(path, posix);
    });
  }

  it("accepts names that only resemble reserved ones", () => {
    for (const path of ["console", "nulls.txt", "com10", "a.b", ".con", "auxiliary/x"])
      checkPullName(path, windows);
  });

  it("refuses a segment that no file system takes", () => {
    checkPullName(`a/${"b".repeat(255)}`, posix);
    refusal("invalid_path", () => checkPullName(`a/${"b".repeat(256)}`, posix));
    refusal("invalid_path", () => checkPullName("é".repeat(128), posix));
  });
});

describe("findCollisions", () => {
  const paths = ["A/x", "B", "a/y", "b", "caf\u00e9", "cafe\u0301", "Σ", "ς"];

  it("finds none where names are told apart", () => {
    assert.deepEqual(findCollisions(paths, { caseInsensitive: false, normalising: false }), []);
  });

  it("finds files and directories that differ in case", () => {
    assert.deepEqual(findCollisions(paths, { caseInsensitive: true, normalising: false }), [
      { path: "a", other: "A" },
      { path: "b", other: "B" },
      { path: "ς", other: "Σ" },
    ]);
  });

  it("finds names that differ in normalisation", () => {
    assert.deepEqual(findCollisions(paths, { caseInsensitive: false, normalising: true }), [
      { path: "cafe\u0301", other: "caf\u00e9" },
    ]);
  });

  it("finds names that differ in both, and a file that meets a directory", () => {
    const both = { caseInsensitive: true, normalising: true };
    assert.deepEqual(findCollisions(["CAF\u00c9/a", "cafe\u0301"], both), [
      { path: "cafe\u0301", other: "CAF\u00c9" },
    ]);
  });
});
