import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadRetentionClasses } from "../../src/config/retention-classes.ts";
import { RETENTION_CLASS_MAX_LENGTH } from "../../src/core/limits.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

async function load(toml: string): Promise<Record<string, number | undefined>> {
  return withTemporaryDirectory(async (directory) => {
    const path = join(directory, "retention.toml");
    writeFileSync(path, toml);
    const classes = await loadRetentionClasses(path);
    return Object.fromEntries(
      [...classes.values()].map(({ name, durationSeconds }) => [name, durationSeconds]),
    );
  });
}

const DEFAULTS = {
  transient: 604_800,
  "raw-evidence": 2_592_000,
  "summary-evidence": 31_536_000,
  "release-evidence": 220_752_000,
  "permanent-record": undefined,
};

describe("retention classes", () => {
  it("are the known five where nothing is configured", async () => {
    assert.deepEqual(await load(""), DEFAULTS);
    const classes = await loadRetentionClasses(undefined);
    assert.deepEqual([...classes.keys()], Object.keys(DEFAULTS));
  });

  it("take other durations and further classes", async () => {
    const toml = [
      "[classes.transient]",
      "default_duration_seconds = 60",
      '[classes."audit-2026"]',
      "default_duration_seconds = 0",
      "[classes.epoch]",
      "default_duration_seconds = 31_556_952_000",
    ].join("\n");
    assert.deepEqual(await load(toml), {
      ...DEFAULTS,
      transient: 60,
      "audit-2026": 0,
      epoch: 31_556_952_000,
    });
  });

  const refused: readonly (readonly [string, string, string])[] = [
    [
      "a duration for the class that never expires",
      "[classes.permanent-record]\ndefault_duration_seconds = 1",
      "/classes/permanent-record",
    ],
    [
      "a negative duration",
      "[classes.transient]\ndefault_duration_seconds = -1",
      "/classes/transient/default_duration_seconds",
    ],
    [
      "more than 1,000 years",
      "[classes.x]\ndefault_duration_seconds = 31556952001",
      "/classes/x/default_duration_seconds",
    ],
    [
      "an integer beyond 2^53",
      "[classes.x]\ndefault_duration_seconds = 9223372036854775807",
      "/classes/x/default_duration_seconds",
    ],
    ["a fraction", "[classes.x]\ndefault_duration_seconds = 1.5", "/classes/x/default_duration_seconds"],
    ["a text", '[classes.x]\ndefault_duration_seconds = "30d"', "/classes/x/default_duration_seconds"],
    ["no duration", "[classes.x]", "/classes/x/default_duration_seconds"],
    ["an unknown key", "[classes.x]\ndefault_duration_seconds = 1\nduration = 1", "/classes/x/duration"],
    ["an unknown table", "[class.x]\ndefault_duration_seconds = 1", "/class"],
    ["a name that routes cannot spell", '[classes."a:b"]\ndefault_duration_seconds = 1', "/classes/a:b"],
    ["no table", "[classes]\nx = 1", "/classes/x"],
    [
      "a name that is too long",
      `[classes.${"x".repeat(RETENTION_CLASS_MAX_LENGTH + 1)}]\ndefault_duration_seconds = 1`,
      `/classes/${"x".repeat(RETENTION_CLASS_MAX_LENGTH + 1)}`,
    ],
  ];
  it("take a name of the greatest length", async () => {
    const longest = "x".repeat(RETENTION_CLASS_MAX_LENGTH);
    const classes = await load(`[classes.${longest}]\ndefault_duration_seconds = 1`);
    assert.equal(classes[longest], 1);
  });

  for (const [name, toml, pointer] of refused) {
    it(`refuse ${name}`, async () => {
      const error = await rejectsWithCode("configuration", load(toml));
      assert.deepEqual(
        error.errors.map((violation) => violation.pointer),
        [pointer],
      );
    });
  }

  it("refuse text that is no TOML, and a file that is not there", async () => {
    await rejectsWithCode("configuration", load("[classes"));
    await rejectsWithCode("configuration", loadRetentionClasses("/does/not/exist.toml"));
  });
});
