import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

/** Test vectors of public projects lie beside the repository, or where this variable says. */
const VARIABLE = "ARTIFACTSTORE_TEST_VECTORS";

const ROOT = process.env[VARIABLE] ?? fileURLToPath(new URL("../../../shared/vectors", import.meta.url));

/**
 * A suite over one folder of vectors. Where the folder is absent the suite is skipped and says so, but under
 * `CI=true` it fails: a missing folder must not look like success.
 *
 * @param folder within the vectors: `cbor`
 * @param define gets the folder's path and defines the cases
 */
export function describeVectors(name: string, folder: string, define: (path: string) => void): void {
  const path = join(ROOT, folder);
  describe(name, () => {
    if (existsSync(path)) {
      define(path);
      return;
    }
    const reason = `no test vectors in "${path}" (see ${VARIABLE})`;
    if (process.env["CI"] === "true") {
      it("has its vectors", () => {
        throw new Error(reason);
      });
      return;
    }
    console.error(`skipped: ${name}: ${reason}`);
    it("has its vectors", { skip: reason }, () => {});
  });
}

export function readVectorJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), "utf8")) as T;
}

/** All `*.json` files below a folder, in order of their paths. */
export function vectorFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort();
}
