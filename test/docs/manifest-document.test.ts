import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { ROOT } from "../../scripts/project.ts";
import { buildManifest } from "../../src/core/build-manifest.ts";
import { encodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import { contentAddress } from "../../src/core/content-address.ts";
import { digestBlake3, digestSha256 } from "../../src/core/digest.ts";
import { projectToJson, readJsonProjection } from "../../src/core/json-projection.ts";
import {
  CBOR_DEPTH_MAX,
  EXTERNAL_ID_MAX_BYTES,
  MANIFEST_MAX_BYTES,
  NAME_MAX_BYTES,
  PACKAGE_FILES_MAX,
  PACKAGE_PATH_MAX_BYTES,
  PRODUCER_MAX_BYTES,
  RETENTION_CLASS_MAX_LENGTH,
  SLUG_MAX_LENGTH,
  SUBJECT_MAX_BYTES,
} from "../../src/core/limits.ts";
import { encodeManifest, type Manifest, type ManifestFile } from "../../src/core/manifest.ts";
import { mediaTypeForPath } from "../../src/core/media-type.ts";
import { outputOf, whyWithout } from "../support/external-tools.ts";
import { runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const PAGE = readFileSync(join(ROOT, "docs", "manifest.md"), "utf8");

/** The fenced blocks of the section under a heading, in order. */
function blocksOf(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  assert.ok(section !== undefined, `there is no section "${heading}"`);
  return [...section.matchAll(/^```\w*\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? "");
}

const [, checkScript = "", fromJsonScript = ""] = blocksOf("To check a package");
const [makeScript = "", pushCommand = "", jcs = "", annotatedHex = "", digest = ""] = blocksOf("An example");

function fileOf(path: string, content: string): ManifestFile {
  const bytes = new TextEncoder().encode(content);
  return {
    path,
    media_type: mediaTypeForPath(path),
    size_bytes: bytes.length,
    content_address: contentAddress(digestBlake3(bytes)),
    sha256: bytesToHex(digestSha256(bytes)),
  };
}

const EXAMPLE: Manifest = buildManifest({
  package: {
    name: "example",
    producer: "docs",
    subject: "manifest",
    metadata: { passed: true, ratio: 0.5, title: "Prüfung" },
  },
  files: [fileOf("a.txt", "ok\n"), fileOf("copy/a.md", "ok\n"), fileOf("empty", "")],
  retention_class: "permanent-record",
  provenance: {},
});
const ENCODED = encodeManifest(EXAMPLE);

/** Each line's bytes, and what the page says they are. */
const HEX_LINES = annotatedHex.split("\n").map((line) => {
  const [left = "", comment = ""] = line.split(" # ");
  return { bytes: hexToBytes(left.replaceAll(" ", "")), comment };
});

function bash(script: string, directory: string): string {
  return outputOf("bash", ["-c", `cd "$0"\n${script}`, directory]);
}

describe("the example of docs/manifest.md", () => {
  it("has the JCS text of its manifest", () => {
    assert.equal(jcs, projectToJson(ENCODED.bytes));
    assert.deepEqual(readJsonProjection(jcs), ENCODED.bytes);
  });

  it("has the canonical CBOR, and its size", () => {
    assert.equal(HEX_LINES.map(({ bytes }) => bytesToHex(bytes)).join(""), bytesToHex(ENCODED.bytes));
    assert.ok(PAGE.includes(`In canonical CBOR, ${ENCODED.bytes.length} bytes `));
  });

  it("has comments that say what the bytes of their lines are", () => {
    for (const { bytes, comment } of HEX_LINES) {
      const text = /^"(.*)"$/.exec(comment)?.[1];
      if (text !== undefined) {
        // A text with its head, or a part of a longer one.
        const forms = [encodeCanonicalCbor(text), new TextEncoder().encode(text)].map(bytesToHex);
        assert.ok(forms.includes(bytesToHex(bytes)), comment);
        continue;
      }
      const [count] = /\d+$|\d+(?= (?:bytes|items|pairs?)$)/.exec(comment) ?? [];
      const last = (bytes.at(-1) ?? 0) & (bytes.length > 1 ? 0xff : 0x1f);
      if (count !== undefined && comment !== "half float 0.5") assert.equal(last, Number(count), comment);
      else assert.ok(["map, empty", "true", "half float 0.5"].includes(comment), comment);
    }
  });

  it("has the manifest digest", () => assert.equal(digest, ENCODED.digest));

  it("is what the program makes of the files that the page makes", () =>
    withTemporaryDirectory(async (directory) => {
      bash(makeScript, directory);
      const [program, ...words] = pushCommand.replaceAll("\\\n", " ").split(/\s+/);
      assert.equal(program, "artifactstore");
      // Run in this process, whose working directory is another: what the page names is named in full.
      const argv = words.map((word) => (existsSync(join(directory, word)) ? join(directory, word) : word));
      const pushed = await runCliHere(argv, { workingDirectory: directory });
      assert.equal(pushed.exitCode, 0, pushed.stderr);
      assert.equal(JSON.parse(pushed.stdout).manifest_digest, digest);
    }));
});

const toolsMissing =
  whyWithout("b3sum", ["b3sum", "--version"]) ||
  whyWithout("python3-cbor2", ["/usr/bin/python3", "-c", "import cbor2"]);

describe("the checks of docs/manifest.md", { skip: toolsMissing }, () => {
  const damages: readonly (readonly [string, (directory: string) => void])[] = [
    ["a file of other content", (at) => writeFileSync(join(at, "package", "a.txt"), "ko\n")],
    ["a file too many", (at) => writeFileSync(join(at, "package", "more"), "")],
    ["a missing file", (at) => rmSync(join(at, "package", "empty"))],
    ["bytes behind the manifest", (at) => appendFileSync(join(at, "M.cbor"), "\0")],
  ];

  function setUp(directory: string): void {
    bash(makeScript, directory);
    writeFileSync(join(directory, "M.cbor"), ENCODED.bytes);
    writeFileSync(join(directory, "M.json"), jcs);
  }

  it("print the manifest digest of a good package", () =>
    withTemporaryDirectory((directory) => {
      setUp(directory);
      assert.equal(bash(checkScript, directory), `${digest}\n`);
      assert.equal(`blake3:${bash(fromJsonScript, directory)}`, `${digest}\n`);
    }));

  for (const [name, damage] of damages) {
    it(`fail for ${name}`, () =>
      withTemporaryDirectory((directory) => {
        setUp(directory);
        damage(directory);
        assert.throws(() => bash(checkScript, directory));
      }));
  }
});

describe("the rules of docs/manifest.md", () => {
  it("name every key of a manifest, and no other", () => {
    const address = ENCODED.digest;
    const full = buildManifest({
      package: { ...EXAMPLE.package, external_id: "1", metadata_schema: { slug: "s", digest: address } },
      files: EXAMPLE.files.map((file) => ({ ...file, annotations: {} })),
      retention_class: "permanent-record",
      provenance: {},
    });
    const [section = ""] = PAGE.split(/^## Paths$/m);
    const named = [...section.matchAll(/^\| `(\w+)` /gm)].map((match) => match[1]);
    const keys = [full, full.package, ...full.files.slice(0, 1)].flatMap((map) => Object.keys(map));
    assert.deepEqual(named.toSorted(), keys.toSorted());
  });

  it("state the limits that hold", () => {
    const row = (key: string) => PAGE.split("\n").find((line) => line.startsWith(`| \`${key}\``)) ?? "";
    assert.ok(row("name").includes(`at most ${NAME_MAX_BYTES} bytes`));
    assert.ok(row("producer").includes(`at most ${PRODUCER_MAX_BYTES} bytes`));
    assert.ok(row("subject").includes(`at most ${SUBJECT_MAX_BYTES} bytes`));
    assert.ok(row("external_id").includes(`at most ${EXTERNAL_ID_MAX_BYTES} bytes`));
    const text = PAGE.replaceAll(/\s+/g, " ");
    for (const statement of [
      `Each of \`files\`, at most ${PACKAGE_FILES_MAX}:`,
      `a slug has at most ${SLUG_MAX_LENGTH} characters, a retention class at most ${RETENTION_CLASS_MAX_LENGTH}.`,
      `It has 1 to ${PACKAGE_PATH_MAX_BYTES} bytes of UTF-8`,
      `At most ${CBOR_DEPTH_MAX} arrays and maps within each other`,
      `manifests of up to ${MANIFEST_MAX_BYTES / 1024 ** 2} MiB`,
    ]) {
      assert.ok(text.includes(statement), statement);
    }
  });
});
