import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addCounts,
  formatCounts,
  readBunCounts,
  readDenoCounts,
  withoutStyle,
} from "../../scripts/test-counts.ts";

const BUN = `test/a.test.ts:
(pass) outer > passes
 99 pass
 2 pass
 2 skip
 1 todo
 3 fail
 1 error
Ran 8 tests across 2 files. [39.00ms]
`;

const DENO_REPORT = `<testsuites name="deno test" tests="8" failures="3" errors="0" time="0.196">
    <testsuite name="./test/a.test.ts" tests="3" disabled="1" errors="0" failures="1">
        <testcase name="outer" classname="./test/a.test.ts" time="0.048" line="3" col="1">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="top" classname="./test/a.test.ts" time="0.001" line="8" col="1">
        </testcase>
        <testcase name="later" classname="./test/a.test.ts" time="0.000" line="9" col="4">
            <skipped/>
        </testcase>
    </testsuite>
    <testsuite name="ext:deno_node/testing.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="outer &gt; passes" classname="x" time="0.001" line="1" col="1">
        </testcase>
        <testcase name="outer &gt; inner" classname="x" time="0.030" line="1" col="1">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="outer &gt; inner &gt; fails &lt;x&gt;" classname="x" time="0.004" line="1" col="1">
            <failure message="1 !== 2">at &lt;anonymous&gt;</failure>
        </testcase>
        <testcase name="outer &gt; inner &gt; skipped" classname="x" time="0.000" line="1" col="1"/>
    </testsuite>
</testsuites>`;

describe("counts of tests", () => {
  it("of Bun come from its summary, which comes last", () => {
    assert.deepEqual(readBunCounts(BUN), { passed: 2, failed: 3, skipped: 3 });
  });

  it("of Bun are missing when it crashed", () => {
    assert.equal(readBunCounts(" 2 pass\nSegmentation fault\n"), undefined);
  });

  it("of Deno leave suites out and add files that did not load", () => {
    const summary = "FAILED | 1 passed (3 steps) | 2 failed (2 steps) | 1 ignored (195ms)";
    assert.deepEqual(readDenoCounts(DENO_REPORT, summary), { passed: 3, failed: 2, skipped: 1 });
    const loaded = "FAILED | 1 passed (3 steps) | 1 failed (2 steps) | 1 ignored (195ms)";
    assert.deepEqual(readDenoCounts(DENO_REPORT, loaded), { passed: 3, failed: 1, skipped: 1 });
  });

  it("of Deno are missing when it crashed", () => {
    assert.equal(readDenoCounts(DENO_REPORT, "panicked"), undefined);
    assert.deepEqual(readDenoCounts("", "ok | 0 passed | 0 failed (2ms)"), {
      passed: 0,
      failed: 0,
      skipped: 0,
    });
  });

  it("are added and printed", () => {
    const sum = addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
    assert.equal(formatCounts(sum), "11 passed, 22 failed, 33 skipped");
    assert.equal(withoutStyle("\u001b[32mok\u001b[0m"), "ok");
  });
});
