import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { buildBinary } from "../../scripts/build-binary.ts";
import { BINARY, ROOT } from "../../scripts/project.ts";

let built: Promise<string> | undefined;

/**
 * The path of the compiled binary: the one that `ARTIFACTSTORE_TEST_BINARY` names (the test script builds it first),
 * else `dist/artifactstore`, compiled anew if a source is younger. The build replaces it whole, so that test files that
 * run at the same time never see half of one.
 */
export function compiledBinary(): Promise<string> {
  built ??= findBinary();
  return built;
}

async function findBinary(): Promise<string> {
  const given = process.env["ARTIFACTSTORE_TEST_BINARY"];
  if (given !== undefined && given !== "") return given;
  if (existsSync(BINARY) && statSync(BINARY).mtimeMs >= youngestSourceMs()) return BINARY;
  return buildBinary();
}

/** Milliseconds since 1970. */
function youngestSourceMs(): number {
  const sources = ["src", "schemas"].flatMap((directory) =>
    readdirSync(join(ROOT, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Math.max(
    ...[...sources, join(ROOT, "package.json"), join(ROOT, "bun.lock")].map((path) => statSync(path).mtimeMs),
  );
}
