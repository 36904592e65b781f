import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OutputSink } from "../../src/cli/cli-io.ts";
import { createProgress } from "../../src/cli/progress.ts";

function sink(isTerminal: boolean, columns = 80): OutputSink & { readonly written: string[] } {
  const written: string[] = [];
  return {
    isTerminal,
    columns,
    written,
    async write(chunk) {
      written.push(String(chunk));
      return true;
    },
  };
}

const HALF = { files: 5, bytes: 1536, filesTotal: 10, bytesTotal: 3072 };

describe("progress", () => {
  it("redraws one line on a terminal, no wider than it, and removes it at the end", async () => {
    const target = sink(true, 40);
    let now = 0;
    const progress = createProgress(target, { label: "ingest", quiet: false, now: () => now });
    progress.update(HALF);
    now = 150;
    progress.update(HALF);
    progress.update(HALF);
    await progress.finish();
    assert.equal(target.written.length, 2);
    assert.match(target.written[0] ?? "", /^\r\u001b\[2Kingest \[#{12}-{12}\]/);
    assert.ok((target.written[0] ?? "").length <= 40 + 5);
    assert.equal(target.written[1], "\r\u001b[2K");
  });

  it("prints plain lines now and then elsewhere", async () => {
    const target = sink(false);
    let now = 0;
    const progress = createProgress(target, { label: "in\u001bgest", quiet: false, now: () => now });
    now = 4_000;
    progress.update(HALF);
    now = 6_000;
    progress.update(HALF);
    await progress.finish();
    assert.deepEqual(target.written, Array(2).fill("in\\u{1b}gest: 50%, 5/10 files, 1.5 KiB of 3.0 KiB\n"));
  });

  it("does without totals", async () => {
    const target = sink(false);
    let now = 0;
    const progress = createProgress(target, { label: "verify", quiet: false, now: () => now });
    now = 6_000;
    progress.update({ files: 1, bytes: 10 });
    assert.deepEqual(target.written, ["verify: 1 files, 10 B\n"]);
    await progress.finish();
  });

  it("prints nothing when it is to be quiet", async () => {
    const target = sink(true);
    let now = 0;
    const progress = createProgress(target, { label: "x", quiet: true, now: () => now });
    now = 6_000;
    progress.update(HALF);
    await progress.finish();
    assert.deepEqual(target.written, []);
  });
});
