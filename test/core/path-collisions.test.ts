import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findCollisions } from "../../src/core/path-collisions.ts";

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
