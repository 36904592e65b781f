import { closeSync, constants, fstatSync, lstatSync, openSync, unlinkSync } from "node:fs";
import { platform } from "node:process";
import type { TargetFileSystem } from "../core/pull-name.ts";
import { writeFailure } from "../dataplane/write-failure.ts";
import type { TargetDirectory } from "./target-directory.ts";

export interface ProbedTarget extends TargetFileSystem {
  /** Permission bits of a file that is made here, the process's umask applied. */
  readonly fileMode: number;
}

const CREATE_FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** What a file system does with names is a matter of its mount, so it is tried with a file that is gone afterwards. */
export function probeTarget(directory: TargetDirectory, uniqueName: string): ProbedTarget {
  const name = `.${uniqueName}-probe-\u00e9`;
  const path = directory.child(name);
  let descriptor: number;
  try {
    descriptor = openSync(path, CREATE_FLAGS, 0o666);
  } catch (cause) {
    throw writeFailure(directory.path, cause);
  }
  try {
    return {
      fileMode: fstatSync(descriptor).mode & 0o777,
      caseInsensitive: exists(directory, name.replace("probe", "PROBE")),
      normalising: exists(directory, name.normalize("NFD")),
      windowsNames: platform === "win32",
    };
  } finally {
    closeSync(descriptor);
    unlinkSync(path);
  }
}

function exists(directory: TargetDirectory, name: string): boolean {
  return lstatSync(directory.child(name), { throwIfNoEntry: false }) !== undefined;
}
