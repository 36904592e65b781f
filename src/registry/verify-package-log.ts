import { contentAddress } from "../core/content-address.ts";
import { equalBytes } from "../core/equal-bytes.ts";
import { sha256 } from "../dataplane/hash-engine.ts";
import { checkLog } from "../log/check-log.ts";
import { LogChecker } from "../log/log-checker.ts";
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
    const checker = new LogChecker({ blake3: context.blake3.hash, sha256 });
    await checkLog(reader, checker);
    for (const problem of checker.problems) failures.push({ kind: "log", detail: problem.message });
  });
  return failures;
}
