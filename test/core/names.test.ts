import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkName, type NameKind } from "../../src/core/identifiers.ts";
import { checkMediaType, mediaTypeForPath, parseMediaType } from "../../src/core/media-type.ts";
import { MEDIA_TYPES_BY_EXTENSION } from "../../src/core/media-type-table.ts";
import { escapeForTerminal } from "../../src/core/terminal-text.ts";
import { formatTimestamp, isTimestamp, parseTimestamp } from "../../src/core/timestamp.ts";
import { utf8Length } from "../../src/core/utf8-length.ts";
import { compareUtf8 } from "../../src/core/utf8-order.ts";
import { isUuid, locationId, parseUuid, uuidV5, uuidV7 } from "../../src/core/uuid.ts";
import { refusal } from "../support/refusal.ts";

const utf8 = new TextEncoder();
const wellFormed = fc.string({ unit: "binary", maxLength: 8 });

describe("UTF-8 without encoding", () => {
  it("compares as the bytes do", () => {
    const edge = fc.constantFrom("\uD7FF", "\uE000", "\uFFFF", "\u{10000}", "\u{10FFFF}", "a", "");
    const text = fc.array(fc.oneof(edge, wellFormed), { maxLength: 3 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(Math.sign(compareUtf8(a, b)), Buffer.compare(utf8.encode(a), utf8.encode(b)));
      }),
      { numRuns: 500 },
    );
  });

  it("counts as the encoder does", () => {
    fc.assert(
      fc.property(
        fc.oneof(wellFormed, fc.constantFrom("\ud800", "\udc00a", "\ud800\ud800\udc00")),
        (text) => {
          assert.equal(utf8Length(text), utf8.encode(text).length);
        },
      ),
    );
  });
});

describe("timestamps", () => {
  it("lead from milliseconds to text and back", () => {
    const inRange = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(inRange, (epochMs) => {
        const text = formatTimestamp(epochMs);
        assert.equal(text.length, 24);
        assert.equal(parseTimestamp(text), epochMs);
      }),
    );
    assert.equal(formatTimestamp(0), "1970-01-01T00:00:00.000Z");
    assert.equal(formatTimestamp(-62_167_219_200_000), "0000-01-01T00:00:00.000Z");
    assert.equal(parseTimestamp("9999-12-31T23:59:59.999Z"), 253_402_300_799_999);
  });

  it("sort as text in the order of time", () => {
    const inRange = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(
      fc.property(inRange, inRange, (a, b) => {
        assert.equal(formatTimestamp(a) < formatTimestamp(b), a < b);
      }),
    );
  });

  const refused = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.0Z",
    "2026-01-01T00:00:00.000000Z",
    "2026-01-01T00:00:00.000+00:00",
    "2026-01-01t00:00:00.000z",
    "2026-01-01 00:00:00.000Z",
    "2026-02-29T00:00:00.000Z",
    "2026-02-30T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-01-01T24:00:00.000Z",
    "2026-06-30T23:59:60.000Z",
    "+002026-01-01T00:00:00.000Z",
    " 2026-01-01T00:00:00.000Z",
    "2026-01-01T00:00:00.000Z\n",
    "٢٠٢٦-01-01T00:00:00.000Z",
  ];
  for (const text of refused) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      assert.ok(!isTimestamp(text));
      refusal("invalid_input", () => parseTimestamp(text));
    });
  }

  it("refuse times out of range and fractions of a millisecond", () => {
    for (const epochMs of [
      253_402_300_800_000,
      -62_167_219_200_001,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]) {
      refusal("invalid_input", () => formatTimestamp(epochMs));
    }
  });
});

describe("UUIDs", () => {
  const v7 = "0190b1c2-0000-7000-8000-000000000001";

  it("are lower case, of the right variant and version", () => {
    assert.equal(parseUuid(v7, "package id", 7), v7);
    assert.ok(isUuid(v7));
    const bad = [v7.toUpperCase(), `{${v7}}`, v7.replaceAll("-", ""), `${v7}\n`, "", v7.replace("-8", "-c")];
    for (const text of bad) {
      assert.ok(!isUuid(text), text);
      refusal("invalid_input", () => parseUuid(text, "package id"));
    }
    refusal("invalid_input", () => parseUuid(v7, "registry id", 4));
    assert.ok(!isUuid("00000000-0000-0000-0000-000000000000"));
  });

  it("of version 5 are the same for the same names (RFC 9562 appendix A.4)", () => {
    const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    assert.equal(uuidV5(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    assert.equal(locationId(v7, "local"), uuidV5(v7, "local"));
    assert.notEqual(locationId(v7, "local"), locationId(v7, "s3"));
  });

  it("of version 7 hold the time and the random bytes (RFC 9562 appendix A.6)", () => {
    const random = new Uint8Array([
      0, 0, 0, 0, 0, 0, 0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f,
    ]);
    const text = uuidV7(0x017f22e279b0, random);
    assert.ok(isUuid(text, 7));
    assert.ok(text.startsWith("017f22e2-79b0-7"));
    assert.equal(text, uuidV7(0x017f22e279b0, random));
    assert.ok(uuidV7(0x017f22e279b1, random) > text);
  });
});

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
