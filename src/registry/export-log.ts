import { bytesToHex } from "@noble/hashes/utils.js";
import type { LogExportCompression } from "../core/log-export.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import { exportedChunks, readExportedState } from "../log/export-log.ts";
import { compressed } from "../log/log-export-compression.ts";
import type { LogHead } from "../log/log-head.ts";
import type { RegistryContext } from "./registry-context.ts";

export interface LogExport {
  /** The state that the export is of: what is recorded later is not in it. */
  readonly head: LogHead;
  /** The bytes of the file, to be read once. Reading throws `log_damaged` if the log is not sound. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * The whole log and the registry's id as one file, `docs/log-export.md`, streamed: the same bytes for the same log,
 * whatever database it lies in and whenever it is exported. Only the compression may differ between programs.
 */
export async function exportLog(
  context: Pick<RegistryContext, "database" | "blake3">,
  options: { readonly compression?: LogExportCompression } = {},
): Promise<LogExport> {
  const state = await context.database.read(readExportedState);
  const chunks = exportedChunks(context.database, state, { blake3: context.blake3, sha256 });
  return {
    head: {
      registry_id: state.registry?.registry_id,
      sequence: state.head.sequence,
      root_hash: bytesToHex(state.head.root_hash),
      created_at: state.head.created_at ?? undefined,
    },
    chunks: compressed(chunks, options.compression),
  };
}
