import { closeSync, fstatSync, readSync } from "node:fs";
import { ArtifactstoreError } from "../core/errors.ts";
import { quoteForTerminal } from "../core/terminal-text.ts";
import { checkUnchanged, openSource, sourceChanged } from "../dataplane/source-file.ts";
import type { SourceEntry } from "./source-tree.ts";

/**
 * A whole small file of a walked tree, for use cases that look into a document before it is ingested. Throws
 * `source_changed`, `source_refused`, and `limit_exceeded` before anything is read.
 */
export function readSource(entry: SourceEntry, maxBytes: number): Uint8Array {
  if (entry.sizeBytes > maxBytes) {
    throw new ArtifactstoreError(
      "limit_exceeded",
      `Cannot read ${quoteForTerminal(entry.path)}: it has ${entry.sizeBytes} bytes, more than ${maxBytes}`,
    );
  }
  const descriptor = openSource(entry);
  try {
    const bytes = new Uint8Array(entry.sizeBytes);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(descriptor, bytes, filled, bytes.length - filled, filled);
      if (count === 0) throw sourceChanged(entry, "shrank while it was read");
      filled += count;
    }
    checkUnchanged(entry, fstatSync(descriptor));
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}
