import type { TomlTable } from "smol-toml";
import { ArtifactstoreError } from "../core/errors.ts";
import { readSmallFile } from "./read-small-file.ts";

/** Bytes. */
const TOML_FILE_MAX_BYTES = 1_048_576;
const TOML_MAX_DEPTH = 16;

/**
 * Reads a TOML file (version 1.0). The parser is loaded only when there is a file to read.
 *
 * @throws ArtifactstoreError `configuration`; the message has line and column, never the line, which may hold a secret
 */
export async function readTomlFile(path: string): Promise<TomlTable> {
  const text = readSmallFile(path, TOML_FILE_MAX_BYTES, { absent: "refuse" }) ?? "";
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text, {
      integersAsBigInt: "asNeeded",
      maxDepth: TOML_MAX_DEPTH,
      unsafeKeyBehaviour: "throw",
      useLegacyDate: true,
    });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ""] = error.message.split("\n");
    throw new ArtifactstoreError(
      "configuration",
      `Cannot read "${path}": line ${error.line}, column ${error.column}: ${reason.replace("Invalid TOML document: ", "")}`,
    );
  }
}

/** Whether a TOML value is a table: neither a list nor a date. */
export function isTomlTable(value: unknown): value is TomlTable {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
