import { describe, it } from "node:test";
import { checkName, type NameKind } from "../../src/core/identifiers.ts";
import { refusal } from "../support/refusal.ts";

describe("names", () => {
  const good: readonly (readonly [NameKind, string])[] = [
    ["package name", "run-20260508T164334Z"],
    ["producer", "Prüfstand 7"],
    ["subject", "kontextual-cmis-compat"],
    ["external id", "run-20260508T164334Z#2"],
    ["actor", "local:root"],
    ["reason", "wrong profile\nsee ticket\t12"],
    ["schema slug", "guide-board.run.v1"],
    ["retention class", "release-evidence"],
    ["storage backend", "ceph-b"],
    ["producer", "é".repeat(128)],
    ["retention class", "a".repeat(64)],
  ];
  for (const [kind, text] of good) {
    it(`accept the ${kind} "${text.slice(0, 30).replaceAll(/\s/g, " ")}"`, () => {
      checkName(kind, text);
    });
  }

  const bad: readonly (readonly [NameKind, string])[] = [
    ["package name", ""],
    ["package name", "a\nb"],
    ["package name", "a\u0085"],
    ["package name", "a\ud800"],
    ["package name", " a"],
    ["package name", "a\u00a0"],
    ["package name", "a".repeat(513)],
    ["producer", "é".repeat(129)],
    ["reason", " \n"],
    ["reason", "a\u0007"],
    ["reason", "a".repeat(4097)],
    ["schema slug", "Guide"],
    ["schema slug", "a..b"],
    ["schema slug", "-a"],
    ["schema slug", "a/b"],
    ["schema slug", "a".repeat(129)],
    ["retention class", ""],
    ["retention class", "release evidence"],
    ["storage backend", "a+b"],
    ["storage backend", "a=b"],
    ["storage backend", "*"],
  ];
  for (const [kind, text] of bad) {
    it(`refuse the ${kind} ${JSON.stringify(text.slice(0, 20))}`, () => {
      refusal("invalid_input", () => checkName(kind, text));
    });
  }
});
