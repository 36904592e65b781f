import { repairStore } from "../../../registry/repair-store.ts";
import { defineCommand } from "../../command.ts";
import { BACKEND_ARGUMENT } from "../../move-blobs.ts";
import { withRegistry } from "../../with-registry.ts";

const INTEGRITY_EXIT = 5;

export const command = defineCommand({
  arguments: { ...BACKEND_ARGUMENT },
  async run(context, values) {
    const backendId = values.backend ?? (await import("../../../compose.ts")).LOCAL_BACKEND_ID;
    const repair = await withRegistry(context, "read", (registry) =>
      repairStore(registry, backendId, context.signal),
    );
    for (const { address, files } of repair.lostBlobs) {
      for (const file of files) {
        await context.notices.error(`lost: ${file.relative_path} of package ${file.package_id} (${address})`);
      }
    }
    await context.out.json({
      backend_id: backendId,
      kept_blobs: repair.keptBlobs,
      lost_blobs: repair.lostBlobs.map(({ address, files }) => ({
        content_address: address,
        files: files.map((file) => ({ package_id: file.package_id, path: file.relative_path })),
      })),
      damaged_file: repair.damagedFile,
    });
    return repair.lostBlobs.length === 0 ? 0 : INTEGRITY_EXIT;
  },
});
