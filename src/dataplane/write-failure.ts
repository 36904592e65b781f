import { ArtifactstoreError, type ErrorCode } from "../core/errors.ts";
import { errorNumberName, messageOf } from "./source-file.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "storage_full",
  EDQUOT: "storage_full",
  EFBIG: "storage_full",
  EROFS: "storage_read_only",
  EACCES: "storage_read_only",
  EPERM: "storage_read_only",
};

/** An operating system's refusal to write a blob, as one of our codes. */
export function writeFailure(path: string, cause: unknown): ArtifactstoreError {
  const code = CODES[errorNumberName(cause) ?? ""] ?? "backend_unavailable";
  return new ArtifactstoreError(code, `Cannot store "${path}": ${messageOf(cause)}`, { cause });
}
