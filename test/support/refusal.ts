import assert from "node:assert/strict";
import { type ArtifactstoreError, type ErrorCode, isArtifactstoreError } from "../../src/core/errors.ts";

/** Asserts that `work` throws our error with this code, and answers it. */
export function refusal(code: ErrorCode, work: () => unknown): ArtifactstoreError {
  try {
    work();
  } catch (error) {
    if (isArtifactstoreError(error, code)) return error;
    throw error;
  }
  return assert.fail(`expected an error of code "${code}"`);
}
