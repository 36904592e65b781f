import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { ArtifactstoreError } from "../core/errors.ts";

/**
 * The text of a configuration file. Opened without blocking and checked by descriptor, so that a FIFO in its place
 * cannot hang the program; length checked before it is read.
 *
 * @param options.absent `ignore`: a file that is not there, or no regular file, is `undefined`
 * @throws ArtifactstoreError `configuration`
 */
export function readSmallFile(
  path: string,
  maxBytes: number,
  options: { readonly absent: "ignore" | "refuse" },
): string | undefined {
  const refuse = (state: string, cause?: unknown) =>
    new ArtifactstoreError("configuration", `Cannot read "${path}": ${state}`, { cause });
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = errnoOf(error);
    if (options.absent === "ignore" && (code === "ENOENT" || code === "ENOTDIR" || code === "ENXIO"))
      return undefined;
    throw refuse(code === "ENOENT" ? "there is no such file" : `it cannot be opened (${code})`, error);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) {
      if (options.absent === "ignore") return undefined;
      throw refuse("it is not a regular file");
    }
    if (status.size > maxBytes) throw refuse(`it has ${status.size} bytes, more than ${maxBytes}`);
    return decode(readUpTo(descriptor, maxBytes), refuse);
  } finally {
    closeSync(descriptor);
  }
}

function readUpTo(descriptor: number, maxBytes: number): Uint8Array {
  const buffer = new Uint8Array(maxBytes);
  let length = 0;
  while (length < maxBytes) {
    const count = readSync(descriptor, buffer, length, maxBytes - length, null);
    if (count === 0) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

function decode(bytes: Uint8Array, refuse: (state: string, cause?: unknown) => Error): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw refuse("it is not UTF-8", error);
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "unknown error";
}
