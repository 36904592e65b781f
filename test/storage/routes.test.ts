import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  formatRoutes,
  parseRoutes,
  ROUTES_DEFAULT,
  routedBackends,
  routeFor,
} from "../../src/storage/routes.ts";
import { refusal } from "../support/refusal.ts";

describe("storage routes", () => {
  it("the first rule that matches counts", () => {
    const routes = parseRoutes(
      "guide-board:release-evidence=s3,guide-board:*=local+ceph-b,*:transient=scratch,*:*=local",
    );
    assert.deepEqual(routeFor(routes, "guide-board", "release-evidence"), ["s3"]);
    assert.deepEqual(routeFor(routes, "guide-board", "transient"), ["local", "ceph-b"]);
    assert.deepEqual(routeFor(routes, "other", "transient"), ["scratch"]);
    assert.deepEqual(routeFor(routes, "other", "release-evidence"), ["local"]);
    assert.deepEqual(routedBackends(routes), ["s3", "local", "ceph-b", "scratch"]);
  });

  it("without a rule that matches there is no route", () => {
    const routes = parseRoutes("guide-board:*=local");
    const error = refusal("configuration", () => routeFor(routes, "other", "transient"));
    assert.ok(error.message.includes("other") && error.message.includes("transient"));
  });

  it("white space around parts is passed over, and producers may hold colons", () => {
    const routes = parseRoutes(" team:ci : transient = a + b , *:* = c ");
    assert.deepEqual(routeFor(routes, "team:ci", "transient"), ["a", "b"]);
    assert.deepEqual(routeFor(routes, "team", "transient"), ["c"]);
  });

  it("are printed as they are read", () => {
    for (const text of [ROUTES_DEFAULT, "guide-board:release-evidence=s3,*:*=local+ceph-b"]) {
      assert.equal(formatRoutes(parseRoutes(text)), text);
      assert.deepEqual(parseRoutes(formatRoutes(parseRoutes(text))), parseRoutes(text));
    }
  });

  const refused: readonly (readonly [string, string, string])[] = [
    ["nothing", "", ""],
    ["an empty rule", "*:*=local,", ""],
    ["a rule without a backend", "*:*", "*:*"],
    ["an empty backend", "*:*=local+", "*:*=local+"],
    ["two equals signs", "a:b=c=d", "a:b=c=d"],
    ["no retention class", "producer=local", "producer"],
    ["an empty retention class", "producer:=local", "producer:=local"],
    ["an empty producer", ":transient=local", ":transient=local"],
    ["a wildcard inside a name", "guide-*:*=local", "guide-*"],
    ["a wildcard as backend", "*:*=*", "*:*=*"],
    ["a backend twice", "*:*=local+s3+local", "local"],
    ["a backend in upper case", "*:*=Local", "Local"],
    ["a retention class with a space", "*:a b=local", "a b"],
    ["a control character", "a\u0007b:*=local", "a"],
    ["too many rules", Array.from({ length: 1_001 }, () => "*:*=local").join(), "1000"],
    ["too many backends", `*:*=${Array.from({ length: 17 }, (_, index) => `b${index}`).join("+")}`, "16"],
  ];
  for (const [name, text, named] of refused) {
    it(`refuse ${name}, naming it`, () => {
      assert.ok(refusal("configuration", () => parseRoutes(text)).message.includes(named));
    });
  }
});
