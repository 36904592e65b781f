import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkMediaType, mediaTypeForPath, parseMediaType } from "../../src/core/media-type.ts";
import { MEDIA_TYPES_BY_EXTENSION } from "../../src/core/media-type-table.ts";
import { refusal } from "../support/refusal.ts";

describe("media types", () => {
  it("come from the extension, in any case, else from nowhere", () => {
    const expected: readonly (readonly [string, string])[] = [
      ["run.json", "application/json"],
      ["a/REPORT.MD", "text/markdown"],
      ["stderr.log", "text/plain"],
      ["a.tar.gz", "application/gzip"],
      ["a.json/b", "application/octet-stream"],
      [".json", "application/octet-stream"],
      ["a/.json", "application/octet-stream"],
      ["a.", "application/octet-stream"],
      ["a.constructor", "application/octet-stream"],
      ["noextension", "application/octet-stream"],
    ];
    for (const [path, type] of expected) assert.equal(mediaTypeForPath(path), type, path);
  });

  it("of the table are all in the form that manifests hold", () => {
    for (const [extension, type] of MEDIA_TYPES_BY_EXTENSION) {
      checkMediaType(type);
      assert.match(extension, /^[a-z0-9]+$/);
    }
  });

  it("as declared lose parameters and case", () => {
    assert.equal(parseMediaType("Text/HTML; charset=utf-8"), "text/html");
    assert.equal(
      parseMediaType(" application/vnd.oasis.opendocument.text "),
      "application/vnd.oasis.opendocument.text",
    );
  });

  it("of another form are refused", () => {
    for (const text of [
      "",
      "text",
      "text/",
      "/html",
      "text/html/x",
      "te xt/html",
      "text/ht\nml",
      "*/*",
      `a/${"b".repeat(128)}`,
    ]) {
      refusal("invalid_input", () => parseMediaType(text));
    }
    for (const text of ["Text/html", "text/html;charset=utf-8", "text/html "]) {
      refusal("invalid_input", () => checkMediaType(text));
    }
  });
});
