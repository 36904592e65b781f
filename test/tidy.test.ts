import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkDependencies } from "./support/tidy-dependencies.ts";
import { checkDocumentNames } from "./support/tidy-documents.ts";
import { ROOT, readProject } from "./support/tidy-files.ts";
import { checkLayers } from "./support/tidy-layers.ts";
import { checkReachability, entriesOfPackage } from "./support/tidy-reachability.ts";
import {
  checkLength,
  checkMarkers,
  checkNames,
  checkPurity,
  checkRuntimeNames,
  checkTestHabits,
} from "./support/tidy-rules.ts";
import type { SourceText } from "./support/tidy-source.ts";

const PROJECT = readProject();
const SOURCES = PROJECT.filter(({ path }) => path.endsWith(".ts"));
const PACKAGE = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** Sources that no program reaches, and why they are there. */
const KEPT = new Map<string, string>([
  ["src/storage/fault.ts", "fails calls of a store, for tests of everything above it"],
  ["src/storage/limit.ts", "a decorator for stores that are reached over a network"],
  ["src/storage/retry.ts", "a decorator for stores that are reached over a network"],
  ["src/storage/memory/backend.ts", "a store for tests, and the second adapter that keeps the SPI honest"],
]);

function clean(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(`\n${problems.join("\n")}`);
}

describe("the house rules hold", () => {
  it("reads the project", () => {
    assert.ok(SOURCES.length > 50);
  });
  it("layers import only what they may", () => clean(checkLayers(SOURCES)));
  it("no file is too long", () => clean(SOURCES.flatMap(checkLength)));
  it("no leftover markers", () => clean(PROJECT.flatMap(checkMarkers)));
  it("pages that are named are there", () => clean(checkDocumentNames(PROJECT)));
  it("runtime names only in src/runtime", () => clean(SOURCES.flatMap(checkRuntimeNames)));
  it("core is pure", () => clean(SOURCES.flatMap(checkPurity)));
  it("one thing per file, named after it", () => clean(SOURCES.flatMap(checkNames)));
  it("tests neither run alone nor skip silently", () => clean(SOURCES.flatMap(checkTestHabits)));
  it("no dead files", () => {
    const entries = [...entriesOfPackage(PACKAGE), "src/main.deno.ts"];
    clean(checkReachability(SOURCES, entries, KEPT));
  });
  it("dependencies are declared, used, pinned and explained", () => {
    const document = readFileSync(join(ROOT, "docs", "dependencies.md"), "utf8");
    clean(checkDependencies(SOURCES, PACKAGE, document));
  });
});

/** One synthetic file. */
function source(path: string, text: string): SourceText {
  return { path, text };
}

describe("the rules catch what breaks them", () => {
  const layerCases: readonly (readonly [string, string, string])[] = [
    ["a layer above", "src/core/a.ts", 'import { x } from "../db/b.ts";'],
    ["a type-only import", "src/log/a.ts", 'import type { X } from "../views/b.ts";'],
    ["a re-export", "src/db/a.ts", 'export { x } from "../log/b.ts";'],
    ["a dynamic import", "src/storage/a.ts", 'const b = await import("../registry/b.ts");'],
    ["an import of several lines", "src/schema/a.ts", 'import {\n  x,\n  type Y,\n} from "../cli/b.ts";'],
    ["an adapter instead of the SPI", "src/registry/a.ts", 'import { x } from "../storage/local/put.ts";'],
    ["a value where only types may pass", "src/runtime/a.ts", 'import { type X, y } from "../db/b.ts";'],
    ["an unknown layer", "src/helpers/a.ts", "export const x = 1;"],
    ["a file outside the sources", "src/core/a.ts", 'import x from "../../test/support/x.ts";'],
    ["a missing extension", "src/core/a.ts", 'import x from "./b";'],
  ];
  for (const [name, path, text] of layerCases) {
    it(`layers: ${name}`, () => {
      const [first, ...rest] = checkLayers([source(path, text)]);
      assert.match(first ?? "", new RegExp(`^${path}:\\d+: `));
      assert.deepEqual(rest, []);
    });
  }

  it("layers: names the line on which the import ends", () => {
    const text = '// import "../cli/x.ts"\n\nimport {\n  x,\n} from "../cli/b.ts";\n';
    assert.deepEqual(checkLayers([source("src/core/a.ts", text)]), [
      'src/core/a.ts:5: core may not import "src/cli/b.ts"',
    ]);
  });

  const allowedCases: readonly (readonly [string, string])[] = [
    ["src/registry/a.ts", 'import type { BlobStore } from "../storage/blob-store.ts";'],
    ["src/runtime/a.ts", 'import { type X, type Y } from "../db/b.ts";'],
    ["src/cli/commands/a.ts", 'const { compose } = await import("../../compose.ts");'],
    ["src/compose.ts", 'import { openLocal } from "./storage/local/open.ts";'],
    ["src/core/a.ts", '/* import x from "../db/b.ts"; */ const text = "from";'],
    ["src/core/a.ts", 'const pattern = /["\'`]/; // import x from "../db/b.ts"'],
    ["src/core/a.ts", "const text = 'import x; import y from \"../db/b.ts\";';"],
    ["src/schema/a.ts", 'import x from "../../schemas/run.json" with { type: "json" };'],
  ];
  for (const [path, text] of allowedCases) {
    it(`layers: allow ${path}: ${text}`, () => assert.deepEqual(checkLayers([source(path, text)]), []));
  }

  it("length: 351 lines, not 350", () => {
    assert.equal(checkLength(source("src/a.ts", "x\n".repeat(350))).length, 0);
    assert.deepEqual(checkLength(source("src/a.ts", "x\n".repeat(351))), [
      "src/a.ts:351: 351 lines are more than 350",
    ]);
  });

  it("markers: in any comment, text or document", () => {
    for (const marker of [`TO${"DO"}`, `FIX${"ME"}`, `St${"ub"}`, `for ${"now"}`, `not ${"implemented"}`]) {
      assert.equal(checkMarkers(source("docs/a.md", `one\ntwo ${marker}: three`)).length, 1, marker);
    }
    assert.deepEqual(checkMarkers(source("docs/a.md", "a stubborn method, todo in lower case")), []);
  });

  it("pages: named ones exist", () => {
    const texts = [source("docs/a.md", "see docs/b.md"), source("src/a.ts", "// see `docs/a.md`")];
    assert.deepEqual(checkDocumentNames(texts), ['docs/a.md:1: there is no "docs/b.md"']);
  });

  it("runtime names: code, not comments or texts", () => {
    const bad = [
      "await Bun.file(x)",
      "Deno.exit()",
      'import { Database } from "bun:sqlite"',
      'import("node:sqlite")',
    ];
    for (const text of bad) assert.equal(checkRuntimeNames(source("src/cli/a.ts", text)).length, 1, text);
    const good = ["// as Bun.file does", 'const name = "Bun.file";', "context.Deno.x"];
    for (const text of good) assert.deepEqual(checkRuntimeNames(source("src/cli/a.ts", text)), [], text);
    assert.deepEqual(checkRuntimeNames(source("src/runtime/bun/a.ts", "Bun.version")), []);
  });

  it("purity: no node: modules, clock or randomness in core", () => {
    for (const text of ['import { x } from "node:fs"', "Date.now()", "new Date()", "Math.random()"]) {
      assert.equal(checkPurity(source("src/core/a.ts", text)).length, 1, text);
      assert.deepEqual(checkPurity(source("src/cli/a.ts", text)), [], text);
    }
    assert.deepEqual(checkPurity(source("src/core/a.ts", "new Date(epochMs)")), []);
  });

  it("names: no barrels, no drawers", () => {
    for (const name of ["index.ts", "utils.ts", "Store.ts"]) {
      assert.equal(checkNames(source(`src/core/${name}`, "export const x = 1;")).length, 1, name);
    }
    const passing =
      'export { x } from "./x.ts";\nexport type { Y } from "./y.ts";\nexport * from "./z.ts";\n';
    assert.equal(checkNames(source("src/core/all.ts", passing)).length, 1);
    assert.deepEqual(checkNames(source("src/mod.ts", passing)), []);
    assert.deepEqual(checkNames(source("src/core/x.ts", `${passing}export const own = 1;`)), []);
  });

  it("tests: only, skip without a reason, skip at run time, a runner of one runtime", () => {
    const bad = [
      'it.only("x", () => {})',
      'describe.skip("x", () => {})',
      'it("x", { skip: true }, () => {})',
      'it("x", (t) => { t.skip("why"); })',
      'import { test } from "bun:test";',
    ];
    for (const text of bad) assert.equal(checkTestHabits(source("test/a.test.ts", text)).length, 1, text);
    assert.deepEqual(checkTestHabits(source("test/a.test.ts", 'it("x", { skip: reason }, () => {})')), []);
  });

  it("dead files: not reached by imports, threads or exports; kept ones must be needed", () => {
    const sources = [
      source("src/main.ts", 'import "./a.ts"; new Worker(new URL("./thread.ts", import.meta.url));'),
      source("src/a.ts", 'const b = () => import("./b.ts");'),
      source("src/b.ts", ""),
      source("src/thread.ts", ""),
      source("src/core/x.ts", ""),
      source("src/dead.ts", 'import "./dead-too.ts";'),
      source("src/dead-too.ts", ""),
    ];
    const entries = ["src/main.ts", "src/core/*.ts"];
    assert.deepEqual(checkReachability(sources, entries, new Map()), [
      "src/dead.ts:1: no program reaches this file",
      "src/dead-too.ts:1: no program reaches this file",
    ]);
    assert.deepEqual(checkReachability(sources, entries, new Map([["src/dead.ts", "why"]])), []);
    assert.equal(checkReachability(sources.slice(0, 5), entries, new Map([["src/b.ts", "why"]])).length, 1);
  });

  it("dependencies: undeclared, unused, unpinned, unexplained", () => {
    const sources = [source("src/a.ts", 'import x from "@scope/one/sub.js"; import y from "two";')];
    const lists = { dependencies: { "@scope/one": "1.0.0", three: "^1.0.0" } };
    assert.deepEqual(checkDependencies(sources, lists, "`@scope/one` is for x"), [
      'src/a.ts:1: "two" is not a declared dependency',
      'package.json:1: nothing in src/ imports "three"',
      'package.json:1: "three" is not pinned to one version',
      'docs/dependencies.md:1: does not mention "three"',
    ]);
  });
});
