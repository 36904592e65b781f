import { readFileSync, writeFileSync } from "node:fs";
import { type ContentAddress, contentAddressBytes } from "../../src/core/content-address.ts";

const PAGE_BYTES = 4096;

/** The first byte of a b-tree page (https://sqlite.org/fileformat2.html section 1.6). */
const TABLE_LEAF = 0x0d;
const INDEX_LEAF = 0x0a;

/** Numbers, from 0, of the leaf pages that hold a blob's key: one of the table, two of the indexes. */
function pagesWith(file: Buffer, address: ContentAddress, type: number): number[] {
  const key = contentAddressBytes(address);
  const pages: number[] = [];
  for (let page = 1; page * PAGE_BYTES < file.length; page += 1) {
    const bytes = file.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    if (bytes[0] === type && bytes.includes(key)) pages.push(page);
  }
  return pages;
}

function overwrite(path: string, choose: (file: Buffer) => readonly number[]): number {
  const file = readFileSync(path);
  const pages = choose(file);
  for (const page of pages) file.fill(0xee, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  writeFileSync(path, file);
  return pages.length;
}

/** Destroys the page with the row of a blob, and with it the rows of its neighbours. */
export function destroyRowPage(path: string, address: ContentAddress): number {
  return overwrite(path, (file) => pagesWith(file, address, TABLE_LEAF));
}

/** Destroys the pages of both indexes that hold the name of a blob. */
export function destroyNamePages(path: string, address: ContentAddress): number {
  return overwrite(path, (file) => pagesWith(file, address, INDEX_LEAF));
}

/** Changes one bit of the first place where these bytes lie. */
export function flipBitOf(path: string, bytes: Uint8Array): void {
  const file = readFileSync(path);
  const at = file.indexOf(bytes.subarray(0, 64));
  file[at] = (file[at] ?? 0) ^ 1;
  writeFileSync(path, file);
}

export function cutFile(path: string, part: number): void {
  const file = readFileSync(path);
  const pages = Math.floor((file.length / PAGE_BYTES) * part);
  writeFileSync(path, file.subarray(0, pages * PAGE_BYTES));
}

export function destroyHeader(path: string): void {
  const file = readFileSync(path);
  file.fill(0xee, 0, 100);
  writeFileSync(path, file);
}
