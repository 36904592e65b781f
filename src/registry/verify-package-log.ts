import { contentAddress } from "../core/content-address.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { checkTree } from "../log/check-tree.ts";
import { eventPages } from "../log/read-events.ts";
import type { RegistryContext } from "./registry-context.ts";
import type { VerificationFailure } from "./verify-package.ts";

/**
 * The log's part in the proof of a package: each of its events has the payload digest that was recorded, and all
 * events together have the root that the head names, so that no row was edited, removed or added since.
 */
export async function verifyPackageLog(
  context: RegistryContext,
  packageId: string,
): Promise<VerificationFailure[]> {
  const failures: VerificationFailure[] = [];
  await context.database.read(async (reader) => {
    const subject = { kind: "package", id: packageId };
    for await (const page of eventPages(reader, { subject })) {
      for (const event of page) {
        const digest = context.blake3.hash(event.payload);
        if (equalBytes(digest, event.payload_digest)) continue;
        failures.push({
          kind: "log",
          detail: `event ${event.sequence} (${event.event_type}) has payload ${contentAddress(digest)}, recorded as ${contentAddress(event.payload_digest)}`,
        });
      }
    }
    for await (const problem of checkTree(reader)) failures.push({ kind: "log", detail: problem });
  });
  return failures;
}
