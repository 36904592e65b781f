import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, it } from "node:test";
import type { ErrorCode } from "../../src/core/errors.ts";
import { describeOnBinary } from "../support/describe-on-binary.ts";
import { writeGuideBoardRun } from "../support/guide-board-run.ts";
import { Installation, type LogHead } from "../support/installation.ts";
import { makeFifo, makeFileNamedByBytes, makeNullDevice, whyNoDevices } from "../support/special-files.ts";

const RAW = "artifacts/open-cmis-tck/preflight.json";
const PACKAGE = "reports/assessment-package.json";

interface BadRun {
  readonly name: string;
  readonly code: ErrorCode;
  /** What standard error must name. */
  readonly named: RegExp;
  readonly spoil: (run: string) => void;
  readonly flags?: readonly string[];
  readonly behind?: readonly string[];
  readonly skip?: string | false;
}

const declared = (path: string) => (run: string) =>
  writeFileSync(join(run, PACKAGE), JSON.stringify({ artifact_manifest: [{ path }] }));

const text = (path: string, content: string) => (run: string) => writeFileSync(join(run, path), content);

const asRoot = process.geteuid?.() === 0;
/** Mode bits do not bind root, unless it gives up the right to ignore them. */
const WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

const BAD_RUNS: readonly BadRun[] = [
  {
    name: "a directory that is no run",
    code: "not_a_run",
    named: /run\.json/,
    spoil: (run) => {
      rmSync(run, { recursive: true });
      mkdirSync(run);
      writeFileSync(join(run, "notes.txt"), "nothing of guide-board's");
    },
  },
  {
    name: "an empty run",
    code: "not_a_run",
    named: /run/,
    spoil: (run) => {
      rmSync(run, { recursive: true });
      mkdirSync(run);
    },
  },
  {
    name: "no directory at all",
    code: "not_a_run",
    named: /run/,
    spoil: (run) => rmSync(run, { recursive: true }),
  },
  {
    name: "no run.json",
    code: "not_a_run",
    named: /run\.json/,
    spoil: (run) => rmSync(join(run, "run.json")),
  },
  { name: "malformed run.json", code: "invalid_json", named: /run\.json/, spoil: text("run.json", "{") },
  {
    name: "duplicate JSON keys",
    code: "invalid_json",
    named: /run\.json/,
    spoil: text("run.json", '{"run_id":"a","run_id":"a"}'),
  },
  {
    name: "NUL in a declared path",
    code: "invalid_json",
    named: /assessment-package\.json/,
    spoil: declared("a\0b"),
  },
  {
    name: "a declared file that is missing",
    code: "source_refused",
    named: /preflight\.json/,
    spoil: (run) => rmSync(join(run, RAW)),
  },
  {
    name: "a declared file that is shorter",
    code: "digest_mismatch",
    named: /preflight\.json/,
    spoil: (run) => truncateSync(join(run, RAW), 3),
  },
  {
    name: "a declared file of other bytes",
    code: "digest_mismatch",
    named: /preflight\.json/,
    spoil: (run) => {
      const bytes = readFileSync(join(run, RAW));
      bytes[3] = (bytes[3] ?? 0) ^ 1;
      writeFileSync(join(run, RAW), bytes);
    },
  },
  {
    name: "a declared file outside the run",
    code: "invalid_path",
    named: /\.\.\/secret/,
    spoil: declared("../secret"),
  },
  {
    name: "a declared path with a backslash",
    code: "invalid_path",
    named: /backslash/,
    spoil: declared("a\\b"),
  },
  {
    name: "a declared path that is over-long",
    code: "invalid_path",
    named: /1024/,
    spoil: declared("x/".repeat(600)),
  },
  {
    name: "a symlink out of the run",
    code: "source_refused",
    named: /passwd-link.*symbolic link/,
    spoil: (run) => symlinkSync("/etc/passwd", join(run, "artifacts", "passwd-link")),
  },
  {
    name: "a symlink loop",
    code: "source_refused",
    named: /loop/,
    spoil: (run) => symlinkSync("..", join(run, "artifacts", "loop")),
  },
  {
    name: "a FIFO",
    code: "source_refused",
    named: /artifacts\/pipe/,
    spoil: (run) => makeFifo(join(run, "artifacts", "pipe")),
  },
  {
    name: "a device",
    code: "source_refused",
    named: /artifacts\/null/,
    spoil: (run) => makeNullDevice(join(run, "artifacts", "null")),
    skip: whyNoDevices(),
  },
  {
    name: "an unreadable file",
    code: "source_refused",
    named: /report\.md/,
    spoil: (run) => chmodSync(join(run, "reports/report.md"), 0),
    behind: asRoot ? WITHOUT_PRIVILEGE : [],
  },
  {
    name: "a name with a backslash",
    code: "invalid_path",
    named: /backslash/,
    spoil: text("artifacts/a\\b", "x"),
  },
  {
    name: "a name with a control character, escaped when it is printed",
    code: "invalid_path",
    named: /u\{1b\}/i,
    spoil: text("artifacts/\u001b[31mred", "x"),
  },
  {
    name: "a name that is no UTF-8",
    code: "invalid_path",
    named: /UTF-8/,
    spoil: (run) => makeFileNamedByBytes(join(run, "artifacts"), "bad\\377"),
  },
  {
    name: "metadata that fails its schema, every violation by its pointer",
    code: "invalid_metadata",
    named: /\/run_id[\s\S]*\/missing_too|\/missing_too[\s\S]*\/run_id/,
    spoil: (run) =>
      writeFileSync(
        join(run, "..", "schema.json"),
        JSON.stringify({
          $schema: "https://json-schema.org/draft/2020-12/schema",
          type: "object",
          properties: { run_id: { type: "integer" }, missing_too: false, report_paths: { type: "string" } },
          required: ["missing_too"],
        }),
      ),
    flags: ["--schema", "schema.json"],
  },
  {
    name: "an unknown retention class",
    code: "unknown_retention_class",
    named: /eternal/,
    spoil: () => {},
    flags: ["--retention-class", "eternal"],
  },
  {
    name: "a run id that is taken, with other content",
    code: "content_conflict",
    named: /reports\/report\.md/,
    spoil: (run) => {
      rmSync(run, { recursive: true });
      writeGuideBoardRun(run, { runId: "good" });
      appendFileSync(join(run, "reports/report.md"), "changed\n");
    },
  },
];

describeOnBinary("a run that is refused registers nothing and loses nothing", () => {
  let directory = "";
  let installation: Installation;
  let head: LogHead;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "artifactstore-"));
    installation = new Installation(join(directory, "registry"));
    writeGuideBoardRun(join(directory, "good"), { runId: "good" });
    await installation.ingest(join(directory, "good"));
    head = await installation.head();
  });
  after(async () => {
    rmSync(directory, { recursive: true, force: true });
  });

  BAD_RUNS.forEach(({ name, code, named, spoil, flags = [], behind = [], skip = false }, index) => {
    it(`${name}: ${code}`, { skip }, async () => {
      const run = join(directory, `run-${index}`);
      writeGuideBoardRun(run, { runId: `run-${index}`, seed: index + 2 });
      spoil(run);
      const args = ["guide-board", "ingest", run, ...flags];
      const { stderr } = await installation.refuses(code, args, { cwd: directory, behind });
      assert.match(stderr, named);
      assert.ok(!stderr.includes("\u001b"));
      const now = await installation.head();
      // What can be known before the first byte is stored leaves no trace at all; other bytes than declared may leave
      // a package that was created and never finalized.
      if (code !== "digest_mismatch") assert.deepEqual(now, head);
      head = now;
    });
  });

  it("a socket: source_refused", async () => {
    const run = join(directory, "run-socket");
    writeGuideBoardRun(run, { runId: "run-socket" });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(run, "artifacts", "socket"), resolve));
    try {
      const args = ["guide-board", "ingest", run];
      assert.match((await installation.refuses("source_refused", args)).stderr, /artifacts\/socket/);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("has one finalized package and is sound after all of them", async () => {
    assert.equal(await installation.finalizedCount(), 1);
    await installation.isSound("--deep");
  });
});
