import { constants } from "node:fs";
import type { LocalFile, LocalFileSystem } from "./file-system.ts";
import { CONTAINER_PAGE_BYTES, WRITE_BUFFER_BYTES } from "./limits.ts";

/** The header of a database file (https://sqlite.org/fileformat2.html section 1.3). */
const HEADER_BYTES = 100;
const MAGIC = new TextEncoder().encode("SQLite format 3\0");
const PAGE_SIZE_OFFSET = 16;
const PAGE_COUNT_OFFSET = 28;
const FREE_LIST_OFFSET = 32;
const FREE_LIST_BYTES = 8;

/**
 * Makes SQLite willing to open a damaged container, so that what is left of it can be read. It refuses a file whole
 * whose header is destroyed, and one that is shorter than its header says. The header gets the bytes of a new
 * container's, with the file's own count of pages; a file that was cut gets empty pages, whose content then counts as
 * damaged, page by page.
 *
 * @param template a new container, whose header is right
 */
export async function mendContainer(
  fileSystem: LocalFileSystem,
  path: string,
  template: string,
): Promise<void> {
  const size = fileSystem.look.factsNow(path)?.size ?? 0;
  const header = await readHeader(fileSystem, path);
  const pageCount = new DataView(header.buffer).getUint32(PAGE_COUNT_OFFSET);
  if (!isHeader(header)) {
    const renewed = await readHeader(fileSystem, template);
    renewed.fill(0, FREE_LIST_OFFSET, FREE_LIST_OFFSET + FREE_LIST_BYTES);
    new DataView(renewed.buffer).setUint32(PAGE_COUNT_OFFSET, Math.ceil(size / CONTAINER_PAGE_BYTES));
    await withFile(fileSystem, path, constants.O_WRONLY, (file) => writeAll(file, renewed));
  } else if (size < pageCount * CONTAINER_PAGE_BYTES) {
    await withFile(fileSystem, path, constants.O_WRONLY | constants.O_APPEND, async (file) => {
      for (
        let missing = pageCount * CONTAINER_PAGE_BYTES - size;
        missing > 0;
        missing -= WRITE_BUFFER_BYTES
      ) {
        await writeAll(file, new Uint8Array(Math.min(missing, WRITE_BUFFER_BYTES)));
      }
    });
  }
}

function isHeader(header: Uint8Array): boolean {
  const pageSize = new DataView(header.buffer).getUint16(PAGE_SIZE_OFFSET);
  return MAGIC.every((byte, index) => header[index] === byte) && pageSize === CONTAINER_PAGE_BYTES;
}

/** Zeros where the file ends early. */
async function readHeader(fileSystem: LocalFileSystem, path: string): Promise<Uint8Array> {
  const header = new Uint8Array(HEADER_BYTES);
  await withFile(fileSystem, path, constants.O_RDONLY, (file) => file.read(header, 0));
  return header;
}

async function writeAll(file: LocalFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await file.write(bytes.subarray(at));
}

async function withFile<T>(
  fileSystem: LocalFileSystem,
  path: string,
  flags: number,
  work: (file: LocalFile) => Promise<T>,
): Promise<T> {
  const file = await fileSystem.open(path, flags | (constants.O_NOFOLLOW ?? 0));
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
