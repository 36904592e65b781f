import { ArtifactstoreError } from "../../core/errors.ts";
import { PACKAGE_FILES_MAX, TAR_EXTENSION_MAX_BYTES } from "../../core/limits.ts";
import { parsePaxRecords } from "../../core/pax-records.ts";
import {
  decodeTarText,
  parseTarHeader,
  TAR_BLOCK_BYTES,
  type TarHeader,
  tarPadding,
} from "../../core/tar-header.ts";
import { quoteForTerminal } from "../../core/terminal-text.ts";
import type { ArchiveEntry } from "../../registry/archive-entry.ts";
import { ByteSource } from "./byte-source.ts";

/** Headers of one archive, those of directories and extended ones included. Count. */
const HEADERS_MAX = 4 * PACKAGE_FILES_MAX;

/** Extended headers that say something of one entry, one after the other. Count. */
const EXTENSIONS_MAX = 8;

/** What follows the end of an archive, all of it zeros (writers fill up to whole records). Bytes. */
const TRAILER_MAX_BYTES = 1024 * 1024;

/** What kinds of entries there are that are no files. */
const REFUSED_TYPES: Readonly<Record<string, string>> = {
  "1": "a hard link",
  "2": "a symbolic link",
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
  S: "a sparse file",
  M: "a part of a file of several volumes",
};

/** What extended headers said of the entry that follows them. */
interface Extension {
  path?: string;
  sizeBytes?: number;
}

/**
 * The regular files of a tar archive (ustar, pax, GNU) in its order; directories are passed over, since packages have none.
 * Names lose a leading `./` and are otherwise as they are: the rules of package paths are the registry's. Anything but
 * a file or a directory is refused, and so is an archive that ends without its end. Throws `invalid_request`,
 * `source_refused`, `limit_exceeded`.
 */
export async function* tarEntries(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const source = new ByteSource(chunks);
  let headers = 0;
  try {
    for (;;) {
      const found = await nextEntry(source, () => {
        headers += 1;
        if (headers > HEADERS_MAX) throw tooMany();
      });
      if (found === undefined) break;
      const { header, extension } = found;
      const path = (extension.path ?? header.name).replace(/^(?:\.\/+)+/, "");
      const sizeBytes = extension.sizeBytes ?? header.sizeBytes;
      if (header.type === "5" || (header.type === "0" && path.endsWith("/"))) {
        if (sizeBytes > 0) throw refused(`directory ${quoteForTerminal(path)} has data`);
        continue;
      }
      checkType(header.type, path);
      let left = sizeBytes;
      const body = async function* () {
        while (left > 0) {
          const part = await source.some(left);
          if (part === undefined) throw cut();
          left -= part.length;
          yield part;
        }
      };
      yield { path, sizeBytes, body: body() };
      // What the taker left is passed over, so that the next header is found.
      while (left > 0) {
        const part = await source.some(left);
        if (part === undefined) throw cut();
        left -= part.length;
      }
      await skipPadding(source, sizeBytes);
    }
    await readTrailer(source);
  } finally {
    await source.close();
  }
}

/** The next header that is of an entry, with what extended headers before it said; `undefined` at the end. */
async function nextEntry(
  source: ByteSource,
  count: () => void,
): Promise<{ readonly header: TarHeader; readonly extension: Extension } | undefined> {
  const extension: Extension = {};
  for (let extensions = 0; extensions <= EXTENSIONS_MAX; extensions++) {
    count();
    const block = await source.exactly(TAR_BLOCK_BYTES);
    if (block === undefined) throw cut();
    const header = parseTarHeader(block);
    if (header === undefined) {
      if (extensions > 0) throw refused("an extended header is the last one");
      return undefined;
    }
    if (!["x", "g", "L", "K"].includes(header.type)) return { header, extension };
    readExtension(header.type, await readExtensionData(source, header.sizeBytes), extension);
  }
  throw refused(`an entry has more than ${EXTENSIONS_MAX} extended headers`);
}

async function readExtensionData(source: ByteSource, sizeBytes: number): Promise<Uint8Array> {
  if (sizeBytes > TAR_EXTENSION_MAX_BYTES) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot read the tar archive: an extended header has more than ${TAR_EXTENSION_MAX_BYTES} bytes`,
    );
  }
  // A copy: the next read may use the memory again.
  const data = (await source.exactly(sizeBytes))?.slice();
  if (data === undefined) throw cut();
  await skipPadding(source, sizeBytes);
  return data;
}

function readExtension(type: string, data: Uint8Array, extension: Extension): void {
  if (type === "K") return;
  if (type === "L") {
    const end = data.indexOf(0);
    extension.path = decodeTarText(end < 0 ? data : data.subarray(0, end));
    return;
  }
  const records = parsePaxRecords(data);
  for (const [key, value] of records) {
    if (key.startsWith("GNU.sparse.")) throw refused("an entry is a sparse file");
    if (key === "hdrcharset" && !/UTF-?8|10646/i.test(value)) throw refused("names in it are not UTF-8");
    if (key !== "path" && key !== "size") continue;
    if (type === "g") throw refused(`a header for all entries sets their "${key}"`);
    if (key === "path") extension.path = value;
    else if (/^(0|[1-9][0-9]{0,15})$/.test(value) && Number.isSafeInteger(Number(value)))
      extension.sizeBytes = Number(value);
    else throw refused("a size in it is not a number");
  }
}

/** Type `7` is a regular file on file systems of old that could lay it out in one piece. */
function checkType(type: string, path: string): void {
  if (type === "0" || type === "7") return;
  const kind = REFUSED_TYPES[type] ?? "of an unknown kind";
  throw new ArtifactstoreError(
    "source_refused",
    `Cannot read the tar archive: entry ${quoteForTerminal(path)} is ${kind}`,
  );
}

async function skipPadding(source: ByteSource, sizeBytes: number): Promise<void> {
  const padding = tarPadding(sizeBytes);
  if (padding > 0 && (await source.exactly(padding)) === undefined) throw cut();
}

/** One block of zeros has been read. Nothing but zeros may follow: another archive behind it would be lost in silence. */
async function readTrailer(source: ByteSource): Promise<void> {
  let length = 0;
  for (;;) {
    const part = await source.some(TRAILER_MAX_BYTES);
    if (part === undefined) return;
    length += part.length;
    if (length > TRAILER_MAX_BYTES || part.some((byte) => byte !== 0)) {
      throw refused("something follows its end");
    }
  }
}

function cut(): ArtifactstoreError {
  return refused("it is cut");
}

function refused(state: string): ArtifactstoreError {
  return new ArtifactstoreError("invalid_request", `Cannot read the tar archive: ${state}`);
}

function tooMany(): ArtifactstoreError {
  return new ArtifactstoreError(
    "limit_exceeded",
    `Cannot read the tar archive: it has more than ${HEADERS_MAX} headers`,
  );
}
