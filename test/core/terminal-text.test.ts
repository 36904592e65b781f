import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { escapeForTerminal } from "../../src/core/terminal-text.ts";

describe("escapeForTerminal", () => {
  it("leaves readable text as it is", () => {
    assert.equal(escapeForTerminal("Größe: 日本 \u{1F600} C:\\x"), "Größe: 日本 \u{1F600} C:\\x");
  });

  it("lets nothing through that moves, hides or turns text", () => {
    assert.equal(
      escapeForTerminal("\u001b[2J\n\r\t\0\u007f\u009b\u200b\u202e\u2066\u2028\ufeff\u{e0041}\ud800"),
      "\\u{1b}[2J\\n\\r\\t\\u{0}\\u{7f}\\u{9b}\\u{200b}\\u{202e}\\u{2066}\\u{2028}\\u{feff}\\u{e0041}\\u{d800}",
    );
  });
});
