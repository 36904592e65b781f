import type { JsonValue } from "./cbor-value.ts";
import { ArtifactstoreError } from "./errors.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";
import { setMember } from "./plain-object.ts";

export interface StrictJsonOptions {
  /** Levels of nesting; `JSON_DEPTH_MAX` unless told otherwise. */
  readonly depthMax?: number;
}

/**
 * Parses JSON text (RFC 8259) so that nothing is silently changed. Besides malformed text it refuses duplicate keys,
 * lone surrogates, U+0000 in any string or key, integer values outside ±(2^53−1) however they are spelled (1e20,
 * 1e400), invalid UTF-8, a byte order mark and deep nesting. −0 becomes 0; other numbers become the nearest binary64.
 *
 * @param what names the document in messages: `"run.json"`
 * Throws `invalid_json` with line and column, counted from 1.
 */
export function parseStrictJson(
  input: Uint8Array | string,
  what: string,
  options: StrictJsonOptions = {},
): JsonValue {
  const text = typeof input === "string" ? input : decodeUtf8(input, what);
  return new JsonReader(text, what, options.depthMax ?? JSON_DEPTH_MAX).read();
}

/** A leading U+FEFF is kept, and so refused: two documents must not read alike. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ArtifactstoreError("invalid_json", `Cannot read ${what}: it is not valid UTF-8`, { cause });
  }
}

/** What a string may hold as it is: all but the quote, the backslash and C0 controls (RFC 8259 section 7). */
const PLAIN_CHARACTERS = /[^"\\\u0000-\u001f]*/y;

/** RFC 8259 section 6. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

const WHITE_SPACE = /[ \t\n\r]*/y;

const HEX_4 = /[0-9a-fA-F]{4}/y;

const ESCAPES: { readonly [letter: string]: string } = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

class JsonReader {
  readonly #text: string;
  readonly #what: string;
  readonly #depthMax: number;
  #at = 0;

  constructor(text: string, what: string, depthMax: number) {
    this.#text = text;
    this.#what = what;
    this.#depthMax = depthMax;
  }

  read(): JsonValue {
    if (this.#text.startsWith("\uFEFF")) this.#refuse(0, "a byte order mark is not allowed");
    const value = this.#value(0);
    this.#skipWhiteSpace();
    if (this.#at < this.#text.length) this.#refuse(this.#at, "more text follows the document");
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skipWhiteSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonValue {
    this.#enter(depth);
    const object: { [key: string]: JsonValue } = {};
    if (this.#takeAfterSpace("}")) return object;
    do {
      this.#skipWhiteSpace();
      const keyAt = this.#at;
      if (this.#text[keyAt] !== '"') this.#refuse(keyAt, "a key in double quotes is expected");
      const key = this.#string();
      if (Object.hasOwn(object, key)) this.#refuse(keyAt, `the key ${JSON.stringify(key)} is there twice`);
      if (!this.#takeAfterSpace(":")) this.#refuse(this.#at, 'a ":" is expected');
      setMember(object, key, this.#value(depth + 1));
    } while (this.#takeAfterSpace(","));
    if (!this.#takeAfterSpace("}")) this.#refuse(this.#at, 'a "," or "}" is expected');
    return object;
  }

  #array(depth: number): JsonValue {
    this.#enter(depth);
    const items: JsonValue[] = [];
    if (this.#takeAfterSpace("]")) return items;
    do items.push(this.#value(depth + 1));
    while (this.#takeAfterSpace(","));
    if (!this.#takeAfterSpace("]")) this.#refuse(this.#at, 'a "," or "]" is expected');
    return items;
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    let value = this.#match(PLAIN_CHARACTERS);
    while (this.#text[this.#at] === "\\") value += this.#escape() + this.#match(PLAIN_CHARACTERS);
    if (this.#text[this.#at] !== '"') {
      const ended = this.#at >= this.#text.length;
      this.#refuse(this.#at, ended ? "a string does not end" : "a control character is not escaped");
    }
    this.#at += 1;
    if (!value.isWellFormed()) this.#refuse(start, "a string has a lone surrogate");
    return value;
  }

  #escape(): string {
    const start = this.#at;
    const letter = this.#text[start + 1] ?? "";
    this.#at = start + 2;
    if (letter !== "u") return ESCAPES[letter] ?? this.#refuse(start, "an escape is not known");
    const digits = this.#match(HEX_4);
    if (digits === "") this.#refuse(start, "an escape needs four hex digits");
    if (digits === "0000") this.#refuse(start, "U+0000 is not allowed");
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #number(): number {
    const start = this.#at;
    const digits = this.#match(NUMBER);
    if (digits === "") {
      this.#refuse(start, start >= this.#text.length ? "the text ends early" : "a value is expected");
    }
    const value = Number(digits);
    // From 2^53 on every binary64 number is an integer, and every integer of that size rounds to one of them.
    if (!Number.isSafeInteger(value) && (!Number.isFinite(value) || Number.isInteger(value))) {
      this.#refuse(start, `the number ${digits.slice(0, 40)} is outside ±(2^53−1)`);
    }
    return value === 0 ? 0 : value;
  }

  #literal<Literal extends boolean | null>(word: string, value: Literal): Literal {
    if (!this.#text.startsWith(word, this.#at)) this.#refuse(this.#at, "a value is expected");
    this.#at += word.length;
    return value;
  }

  #enter(depth: number): void {
    if (depth >= this.#depthMax)
      this.#refuse(this.#at, `the nesting is deeper than ${this.#depthMax} levels`);
    this.#at += 1;
  }

  #takeAfterSpace(character: string): boolean {
    this.#skipWhiteSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipWhiteSpace(): void {
    // Compact text has none, and most white space is a line break with indentation.
    if (this.#text.charCodeAt(this.#at) <= 0x20) this.#match(WHITE_SPACE);
  }

  /** What a sticky pattern takes at the current place, which moves behind it; empty where it does not match. */
  #match(pattern: RegExp): string {
    const start = this.#at;
    pattern.lastIndex = start;
    if (!pattern.test(this.#text)) return "";
    this.#at = pattern.lastIndex;
    return this.#text.slice(start, this.#at);
  }

  #refuse(at: number, reason: string): never {
    const before = this.#text.slice(0, at);
    const line = before.split("\n").length;
    const column = at - before.lastIndexOf("\n");
    throw new ArtifactstoreError(
      "invalid_json",
      `Cannot read ${this.#what}: at line ${line}, column ${column}, ${reason}`,
    );
  }
}
