import { createHash } from "node:crypto";
import { openRegistry } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { contentAddress } from "../../src/core/content-address.ts";
import type { ManifestFile } from "../../src/core/manifest.ts";
import { ensureRegistryId } from "../../src/log/registry-id.ts";
import { locationId } from "../../src/registry/location-id.ts";
import { beginningEvents, fileIngestedEvent, packageEvent } from "../../src/registry/package-events.ts";
import { comparableManifest } from "../../src/registry/package-manifest.ts";
import { record } from "../../src/registry/record.ts";
import { objectKey } from "../../src/storage/layout.ts";
import { runtime } from "./test-runtime.ts";

const FILES_PER_PACKAGE = 1000;
/** Events that a package has besides those of its files. */
const PACKAGE_EVENTS = 3;

/**
 * Fills a registry's log with packages of a thousand files each, as an ingest would record them, but stores no bytes:
 * for measuring what depends on the log alone.
 *
 * @param eventCount at least so many
 * @returns the last sequence
 */
export async function fillLog(
  environment: Readonly<Record<string, string>>,
  directory: string,
  eventCount: number,
): Promise<number> {
  const config = await loadConfig({ environment, workingDirectory: directory });
  const { registry, close } = await openRegistry(runtime, config, "write");
  try {
    const retentionClass = "release-evidence";
    const rule = { name: retentionClass, durationSeconds: 3600 };
    let sequence = 0;
    for (let number = 0; sequence < eventCount; number++) {
      const count = Math.max(1, Math.min(FILES_PER_PACKAGE, eventCount - sequence - PACKAGE_EVENTS));
      const name = `package-${number}`;
      const description = {
        ...{ name, producer: "log-filler", subject: "a log of many events", externalId: name },
        ...{ metadata: { number }, provenance: {}, retentionClass },
      };
      const packageId = registry.newId();
      const files = Array.from({ length: count }, (_, index) => {
        const digest = createHash("sha256").update(`${number}/${index}`).digest();
        const entry: ManifestFile = {
          path: `raw/${String(index >> 6).padStart(4, "0")}/${String(index).padStart(6, "0")}.json`,
          media_type: "application/json",
          size_bytes: 1000 + index,
          content_address: contentAddress(new Uint8Array(digest)),
          sha256: digest.toString("hex"),
        };
        return entry;
      });
      const manifest = comparableManifest(description, files);
      const events = await record(registry, async ({ writer, createdAt }) => {
        await ensureRegistryId(writer, registry.newRandomId, createdAt);
        return [
          ...beginningEvents(packageId, description, rule, createdAt),
          ...files.map((entry) => {
            const fileId = registry.newId();
            const key = objectKey(contentAddress(Buffer.from(entry.content_address.slice(7), "hex")));
            const location = { locationId: locationId(fileId, "local"), backendId: "local", objectKey: key };
            return fileIngestedEvent(packageId, { fileId, entry, locations: [location] });
          }),
          packageEvent(packageId, "v1.package.finalized", manifest),
        ];
      });
      sequence = events.at(-1)?.sequence ?? sequence;
    }
    return sequence;
  } finally {
    await close();
  }
}
