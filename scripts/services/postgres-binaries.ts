import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** The oldest release that is supported. */
const OLDEST_RELEASE = 15;

/** Where Debian's packages put the programs of each release. */
const DEBIAN_ROOT = "/usr/lib/postgresql";

/** The directory of `initdb`, `pg_ctl` and `postgres`: Debian's newest release, or what the path has; if any. */
export function postgresBinaries(): string | undefined {
  const releases = existsSync(DEBIAN_ROOT) ? readdirSync(DEBIAN_ROOT).map(Number) : [];
  const found = releases
    .filter((release) => release >= OLDEST_RELEASE)
    .sort((a, b) => b - a)
    .map((release) => join(DEBIAN_ROOT, String(release), "bin"));
  const path = (process.env["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  return [...found, ...path].find((directory) =>
    ["initdb", "pg_ctl", "postgres"].every((name) => existsSync(join(directory, name))),
  );
}
