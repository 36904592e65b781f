import { describe, it } from "node:test";
import { checkPullName } from "../../src/core/pull-name.ts";
import { refusal } from "../support/refusal.ts";

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
