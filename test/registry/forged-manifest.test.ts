import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { sql } from "drizzle-orm/sql/sql";
import { buildManifest } from "../../src/core/build-manifest.ts";
import { contentAddress } from "../../src/core/content-address.ts";
import { encodeManifest, type Manifest, type ManifestPackage } from "../../src/core/manifest.ts";
import { pullPackage } from "../../src/registry/pull-package.ts";
import { readManifest } from "../../src/registry/read-manifest.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { verifyPackage } from "../../src/registry/verify-package.ts";
import { openTestRegistry, requestFor, writeFiles } from "../support/open-registry.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

type Parts = Parameters<typeof buildManifest>[0];

function resealed(manifest: Manifest, more: Partial<Parts>): Manifest {
  const { package: sealed, files, provenance } = manifest;
  const { retention_class } = manifest.retention_summary;
  return buildManifest({ package: sealed, files, provenance, retention_class, ...more });
}

function describedAs(more: Partial<ManifestPackage>) {
  return (manifest: Manifest) => resealed(manifest, { package: { ...manifest.package, ...more } });
}

/** Manifests that are right taken alone. */
const FORGED: Readonly<Record<string, (manifest: Manifest) => Manifest>> = {
  "a file less": (manifest) => resealed(manifest, { files: manifest.files.slice(1) }),
  "the last file less": (manifest) => resealed(manifest, { files: manifest.files.slice(0, -1) }),
  "another media type": (manifest) =>
    resealed(manifest, { files: manifest.files.map((file) => ({ ...file, media_type: "x/y" })) }),
  "another producer": describedAs({ producer: "somebody" }),
  "another external id": describedAs({ external_id: "somebody's" }),
  "other metadata": describedAs({ metadata: { forged: true } }),
  "another retention class": (manifest) => resealed(manifest, { retention_class: "other" }),
  "another provenance": (manifest) => resealed(manifest, { provenance: { forged: true } }),
};

describe("a manifest that is another than the package's", () => {
  for (const [name, forge] of Object.entries(FORGED)) {
    it(`is found by verify, and refused by pull: ${name}`, () =>
      withTemporaryDirectory(async (directory) => {
        writeFiles(join(directory, "source"), { "a.txt": "a", "b.txt": "b", "c.txt": "c" });
        const { registry, close } = await openTestRegistry(join(directory, "home"));
        try {
          const { packageId } = await registerPackage(registry, await requestFor(join(directory, "source")));
          const { manifest } = await readManifest(registry, packageId);
          const { bytes, digest } = encodeManifest(forge(manifest), registry.blake3);
          await registry.database.write(async (writer) => {
            await writer.run(sql`
              UPDATE events SET payload = ${bytes}, payload_digest = ${registry.blake3.hash(bytes)}
              WHERE subject_id = ${packageId} AND event_type = 'v1.package.finalized'`);
            await writer.run(
              sql`UPDATE artifact_packages SET manifest_digest = ${digest} WHERE id = ${packageId}`,
            );
          });
          assert.equal(
            (await readManifest(registry, packageId)).digest,
            contentAddress(registry.blake3.hash(bytes)),
          );
          const { failures } = await verifyPackage(registry, packageId);
          assert.ok(failures.some(({ kind }) => kind === "view"));
          const target = join(directory, "target");
          await rejectsWithCode("manifest_mismatch", pullPackage(registry, packageId, target));
          assert.equal(existsSync(target), false);
        } finally {
          await close();
        }
      }));
  }
});
