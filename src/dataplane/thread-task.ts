import type { Blake3Engine } from "../core/digest.ts";
import { ArtifactstoreError, type ErrorCode, type FieldError } from "../core/errors.ts";
import { digestAndCopyFile, digestFile } from "./digest-file.ts";
import { followRing, readIntoRing } from "./digest-on-two-threads.ts";
import { type PackedSources, unpackSources } from "./packed-sources.ts";
import { readSmallFiles } from "./read-small-files.ts";
import { type ForgetStep, forgetReception, type ReceptionStep, receiveBlock } from "./reception.ts";
import { OtherSideFailed } from "./shared-ring.ts";
import { messageOf, type SourceFile } from "./source-file.ts";

/** What a thread can be asked to do. Tasks are plain data and cross threads by structured clone. */
export type ThreadTask =
  | {
      readonly kind: "small";
      readonly sources: PackedSources;
      /** Takes the bytes, if they are wanted. */
      readonly memory: SharedArrayBuffer | undefined;
    }
  | { readonly kind: "large"; readonly source: SourceFile; readonly temporaryPath: string | undefined }
  | { readonly kind: "lead"; readonly source: SourceFile; readonly memory: SharedArrayBuffer }
  | {
      readonly kind: "follow";
      readonly source: SourceFile;
      readonly memory: SharedArrayBuffer;
      readonly temporaryPath: string | undefined;
    }
  | ReceptionStep
  | ForgetStep;

/** `small`: 64 bytes of digests a file. `large`: BLAKE3 and SHA-256. `lead`: SHA-256 alone; `follow`: BLAKE3 alone. `receive`: both, with the last step. */
export interface TaskResult {
  readonly digests: Uint8Array;
}

export interface TaskFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly errors: readonly FieldError[];
  /** The other thread of a pair has the reason. */
  readonly secondary: boolean;
}

/** Runs one task to its end in the calling thread. */
export function runTask(engine: Blake3Engine, task: ThreadTask): TaskResult {
  switch (task.kind) {
    case "small":
      return { digests: readSmallFiles(engine, unpackSources(task.sources), task.memory) };
    case "large": {
      const digests =
        task.temporaryPath === undefined
          ? digestFile(engine, task.source)
          : digestAndCopyFile(engine, task.source, task.temporaryPath);
      const both = new Uint8Array(64);
      both.set(digests.blake3, 0);
      both.set(digests.sha256, 32);
      return { digests: both };
    }
    case "lead":
      return { digests: Uint8Array.from(readIntoRing(task.source, task.memory)) };
    case "follow":
      return {
        digests: Uint8Array.from(followRing(engine, task.source, task.memory, task.temporaryPath)),
      };
    case "receive":
      return { digests: receiveBlock(engine, task) };
    case "forget":
      forgetReception(task.reception);
      return { digests: new Uint8Array(0) };
  }
}

export function describeFailure(error: unknown): TaskFailure {
  return {
    code: error instanceof ArtifactstoreError ? error.code : "internal",
    message: messageOf(error),
    errors: error instanceof ArtifactstoreError ? error.errors : [],
    secondary: error instanceof OtherSideFailed,
  };
}

export function failureError(failure: TaskFailure): ArtifactstoreError {
  return new ArtifactstoreError(failure.code, failure.message, { errors: failure.errors });
}
