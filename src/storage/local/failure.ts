import { ArtifactstoreError, type ErrorCode } from "../../core/errors.ts";
import { sqliteFailureKind } from "./sqlite-failure.ts";

/** Awaits one step; what it throws arrives as an `ArtifactstoreError` that says `Cannot <action>`. */
export async function attempt<T>(action: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw storageFailure(action, error);
  }
}

/** The same for a step that is no promise. */
export function attemptNow<T>(action: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw storageFailure(action, error);
  }
}

/** An error of the operating system or of SQLite as one of ours; ours pass unchanged. */
export function storageFailure(action: string, error: unknown): ArtifactstoreError {
  if (error instanceof ArtifactstoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new ArtifactstoreError(codeOf(error), `Cannot ${action}: ${reason}`, { cause: error });
}

/** The errno name of a system call's error: `ENOENT`, `EEXIST`, … */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

function codeOf(error: unknown): ErrorCode {
  switch (systemCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return "storage_full";
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return "storage_read_only";
    // A link where a blob should be, or a name of the wrong kind: somebody else was here.
    case "ELOOP":
    case "EISDIR":
      return "store_damaged";
  }
  switch (sqliteFailureKind(error)) {
    case "full":
      return "storage_full";
    case "read_only":
      return "storage_read_only";
    case "corrupt":
      return "store_damaged";
  }
  return "backend_unavailable";
}
