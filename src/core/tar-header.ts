import { ArtifactstoreError } from "./errors.ts";

/** Everything in a tar archive comes in blocks of this size (POSIX.1-2017, pax, "ustar Interchange Format"). Bytes. */
export const TAR_BLOCK_BYTES = 512;

/** What one header block says. */
export interface TarHeader {
  /** As it stands there, the prefix included. */
  readonly name: string;
  /** Of the data that follows. Bytes. */
  readonly sizeBytes: number;
  /** One character; `0` for a regular file. */
  readonly type: string;
}

/** Where the fields lie, and how long they are. Bytes. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  userId: [108, 8],
  groupId: [116, 8],
  size: [124, 12],
  modifiedAt: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const satisfies Record<string, readonly [offset: number, length: number]>;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one header block; `undefined` for a block of zeros, which ends an archive. Throws `invalid_request` for a wrong
 * checksum, a size that is no number, and a name that is not UTF-8.
 */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.length !== TAR_BLOCK_BYTES) throw refused("a header is cut");
  if (block.every((byte) => byte === 0)) return undefined;
  if (readOctal(field(block, "checksum"), "checksum") !== checksumOf(block)) {
    throw refused("a header has a wrong checksum; it is not a tar archive, or is damaged");
  }
  const magic = new TextDecoder("latin1").decode(field(block, "magic"));
  const name = readText(field(block, "name"));
  // GNU's own format has times where the prefix is.
  const prefix = magic.startsWith("ustar\0") ? readText(field(block, "prefix")) : "";
  const [type = 0] = field(block, "type");
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    sizeBytes: readNumber(field(block, "size"), "size"),
    type: type === 0 ? "0" : String.fromCharCode(type),
  };
}

/** A header block in the ustar form. The caller has put into extended headers what does not fit. */
export function formatTarHeader(header: TarHeader & { readonly modifiedAtSeconds?: number }): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  const write = (name: keyof typeof FIELDS, text: string) => {
    block.set(new TextEncoder().encode(text).subarray(0, FIELDS[name][1]), FIELDS[name][0]);
  };
  write("name", header.name);
  write("mode", "0000644\0");
  write("userId", "0000000\0");
  write("groupId", "0000000\0");
  write("size", `${header.sizeBytes.toString(8).padStart(11, "0")}\0`);
  write("modifiedAt", `${(header.modifiedAtSeconds ?? 0).toString(8).padStart(11, "0")}\0`);
  write("type", header.type);
  write("magic", "ustar\x0000");
  write("checksum", `${checksumOf(block).toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** What fills up data to whole blocks. Bytes. */
export function tarPadding(sizeBytes: number): number {
  return (TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

function field(block: Uint8Array, name: keyof typeof FIELDS): Uint8Array {
  const [offset, length] = FIELDS[name];
  return block.subarray(offset, offset + length);
}

/** The sum of all bytes, those of the checksum itself counted as spaces. */
function checksumOf(block: Uint8Array): number {
  const [offset, length] = FIELDS.checksum;
  // By index: thousands of small files have a header each.
  let sum = 32 * length;
  for (let index = 0; index < block.length; index++) sum += block[index] ?? 0;
  for (let index = offset; index < offset + length; index++) sum -= block[index] ?? 0;
  return sum;
}

function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeTarText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Throws `invalid_request`. */
export function decodeTarText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw refused("a name in it is not UTF-8", cause);
  }
}

/** Octal digits; or, for what they cannot say, a number in binary with the highest bit set (GNU, star). */
function readNumber(bytes: Uint8Array, what: string): number {
  const [first = 0] = bytes;
  if ((first & 0x80) === 0) return readOctal(bytes, what);
  let value = first & 0x7f;
  for (const byte of bytes.subarray(1)) {
    value = value * 256 + byte;
    if (value > Number.MAX_SAFE_INTEGER) throw refused(`a ${what} in it is out of range`);
  }
  return value;
}

function readOctal(bytes: Uint8Array, what: string): number {
  const text = new TextDecoder("latin1")
    .decode(bytes)
    .replace(/[\0 ]+$/, "")
    .replace(/^ +/, "");
  if (!/^[0-7]{1,12}$/.test(text)) throw refused(`a ${what} in it is not an octal number`);
  return Number.parseInt(text, 8);
}

function refused(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("invalid_request", `Cannot read the tar archive: ${state}`, { cause });
}
