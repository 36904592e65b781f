import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { it } from "node:test";
import { pullNamePrefix } from "../../src/registry/pull-leftovers.ts";
import { pullPackage } from "../../src/registry/pull-package.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { requestFor } from "../support/open-registry.ts";
import { FILES, withScene } from "../support/registration-scene.ts";

const UUID = "1ebdc9fb-1d88-4b0e-9fcb-6f3c4f6d8a11";
const OWN = `.${pullNamePrefix(UUID)}`;
/** As from a process that has ended. */
const ENDED = OWN.replace(`-${process.pid}-`, `-${spawnSync(process.execPath, ["--version"]).pid}-`);
/** As from a process of another host. */
const ELSEWHERE = ENDED.replace(/^\.artifactstore-[0-9a-f]{8}/, ".artifactstore-00000000");
const LONG_AGO_SECONDS = Date.now() / 1000 - 30 * 3600;

const GOES = [`${ENDED}-0.part`, `${ENDED}-17.part`, `${ENDED}-probe-\u00e9`, `${ELSEWHERE}-3.part`];
const STAYS = [
  `${OWN}-0.part`,
  `${ELSEWHERE}-4.part`,
  `${ENDED}-0.part.bak`,
  `${ENDED}.part`,
  `x${ENDED}-0.part`,
  ".artifactstore-1ebdc9fb-0.part",
  "some.part",
];

it("a pull removes what pulls that have died left in its directories, and nothing else", () =>
  withScene(async ({ directory, source, registry }) => {
    const { packageId } = await registerPackage(registry, await requestFor(source));
    const target = join(directory, "target");
    for (const below of ["b", "not-the-packages"]) mkdirSync(join(target, below), { recursive: true });
    for (const where of [target, join(target, "b"), join(target, "not-the-packages")]) {
      for (const name of [...GOES, ...STAYS]) writeFileSync(join(where, name), "half of something");
      const old = join(where, `${ELSEWHERE}-3.part`);
      utimesSync(old, LONG_AGO_SECONDS, LONG_AGO_SECONDS);
    }
    mkdirSync(join(target, `${ENDED}-1.part`));
    symlinkSync(join(directory, "home"), join(target, `${ENDED}-2.part`));
    await pullPackage(registry, packageId, target);
    const names = (path: string) => readdirSync(join(target, path)).sort();
    const others = [`${ENDED}-1.part`, `${ENDED}-2.part`, "a.txt", "b", "large.bin", "not-the-packages"];
    assert.deepEqual(names(""), [...STAYS, ...others].sort());
    const files = Object.keys(FILES).filter((path) => path.startsWith("b/"));
    assert.deepEqual(names("b"), [...STAYS, ...files.map((path) => path.slice(2))].sort());
    assert.deepEqual(names("not-the-packages"), [...GOES, ...STAYS].sort());
  }));
