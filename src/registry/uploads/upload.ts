import { sql } from "drizzle-orm/sql/sql";
import { ArtifactstoreError } from "../../core/errors.ts";
import { formatTimestamp } from "../../core/timestamp.ts";
import { isUuid } from "../../core/uuid.ts";
import type { DatabaseReader } from "../../db/registry-database.ts";
import { type UploadRow, uploads } from "../../db/request-tables.ts";
import type { RegistryContext } from "../registry-context.ts";

/** A file that arrives in several requests, as its sender sees it. */
export interface Upload {
  readonly id: string;
  readonly packageId: string;
  readonly path: string;
  /** Bytes. */
  readonly sizeBytes: number;
  /** Where the next part begins. Bytes; equal to the size only once the file is in its package. */
  readonly offsetBytes: number;
  /** As the sender spelled it. */
  readonly metadata: string;
  readonly expiresAt: string;
  /** The file that it became. */
  readonly fileId: string | undefined;
}

export function describeUpload(row: UploadRow): Upload {
  return {
    id: row.id,
    packageId: row.package_id,
    path: row.relative_path,
    sizeBytes: row.size_bytes,
    offsetBytes: row.offset_bytes,
    metadata: row.metadata,
    expiresAt: row.expires_at,
    fileId: row.file_id ?? undefined,
  };
}

/** Throws `upload_not_found`: never begun, given up, or nothing came for too long. */
export async function readUpload(
  context: RegistryContext,
  reader: DatabaseReader,
  id: string,
): Promise<UploadRow> {
  const row = isUuid(id)
    ? await reader.get<UploadRow>(sql`SELECT * FROM ${uploads} WHERE id = ${id}`)
    : undefined;
  if (row !== undefined && row.expires_at > formatTimestamp(context.clock())) return row;
  throw new ArtifactstoreError("upload_not_found", `Cannot find upload "${id.slice(0, 100)}": there is none`);
}
