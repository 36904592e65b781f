/** Type numbers of the server, which never change (`pg_type.dat`). */
const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const OID = 26;
const JSON_TEXT = 114;
const FLOAT4 = 700;
const FLOAT8 = 701;
const NUMERIC = 1700;
const JSONB = 3802;

/**
 * How values cross: integers and sums as numbers (none of ours exceeds 2^53 - 1), bytes as `Uint8Array`, truth as 1
 * and 0, JSON as its text. As SQLite has them, so that nobody above sees a difference.
 */
export const COLUMN_TYPES = {
  number: {
    to: INT8,
    from: [INT2, INT4, INT8, OID, FLOAT4, FLOAT8, NUMERIC],
    parse: parseNumber,
    serialize: String,
  },
  bytea: { to: BYTEA, from: [BYTEA], parse: parseBytes, serialize: printBytes },
  boolean: { to: BOOL, from: [BOOL], parse: (text: string) => (text === "t" ? 1 : 0), serialize: String },
  json: { to: JSON_TEXT, from: [JSON_TEXT, JSONB], parse: String, serialize: String },
};

/** Throws where digits would be lost, as SQLite's drivers do: a defect, since every number of ours has its limit. */
function parseNumber(text: string): number {
  const number = Number(text);
  if (Math.abs(number) > Number.MAX_SAFE_INTEGER) throw new RangeError(`${text} is no number of ours`);
  return number;
}

function parseBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.slice(2), "hex"));
}

/** `\x` and hex digits. */
export function printBytes(bytes: Uint8Array): string {
  return `\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}
