import assert from "node:assert/strict";
import { ArtifactstoreError, type ErrorCode } from "../../src/core/errors.ts";

/** Asserts that something fails with a code of the closed table, and answers the error for a closer look. */
export async function rejectsWithCode(
  code: ErrorCode,
  action: Promise<unknown> | (() => unknown),
): Promise<ArtifactstoreError> {
  let error: unknown;
  try {
    await (typeof action === "function" ? action() : action);
  } catch (caught) {
    error = caught;
  }
  if (!(error instanceof ArtifactstoreError)) {
    assert.fail(
      `expected a failure of code "${code}", got ${error === undefined ? "success" : String(error)}`,
    );
  }
  assert.equal(error.code, code, error.message);
  return error;
}
