import { countLeases } from "../db/count-leases.ts";
import { readLogHead } from "../log/log-head.ts";
import { countPackages } from "../views/count-packages.ts";
import { diagnoseBackends } from "./doctor-backends.ts";
import type { BlobCheckOptions } from "./doctor-blobs.ts";
import { DoctorFindings } from "./doctor-findings.ts";
import { diagnoseLog } from "./doctor-log.ts";
import type { DoctorInformation, DoctorReport } from "./doctor-report.ts";
import type { RegistryContext } from "./registry-context.ts";

export type DoctorOptions = BlobCheckOptions;

/**
 * Looks at everything that a registry keeps, changes nothing, and says whether it is sound: whether every promise
 * that it made to a producer still holds. Other processes may go on writing meanwhile.
 *
 * What an interrupted ingest leaves behind (an unfinished package, blobs that nothing refers to, temporary files,
 * leases) breaks no promise; it is information. `docs/doctor.md` has the whole list.
 */
export async function diagnose(context: RegistryContext, options: DoctorOptions): Promise<DoctorReport> {
  const findings = new DoctorFindings(options.signal);
  const log = await diagnoseLog(context, findings, { thorough: options.deep });
  const backends = await diagnoseBackends(context, findings, options);
  const { schemaVersion, events, unknownEventTypes } = log;
  const information: DoctorInformation = {
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
    ...(events === undefined ? {} : { events }),
    ...(unknownEventTypes === undefined ? {} : { unknownEventTypes }),
    ...(await counts(context)),
    backends,
  };
  return {
    sound: findings.problemCount + findings.uncheckedCount === 0,
    checks: findings.checks,
    problems: findings.problems,
    problemCount: findings.problemCount,
    unchecked: findings.unchecked,
    uncheckedCount: findings.uncheckedCount,
    information,
  };
}

/** What cannot be read here could not be read by a check either, which has said so. */
async function counts(
  context: RegistryContext,
): Promise<Pick<DoctorInformation, "head" | "packages" | "leases">> {
  try {
    return await context.database.read(async (reader) => ({
      head: await readLogHead(reader),
      packages: await countPackages(reader),
      leases: await countLeases(reader, context.clock()),
    }));
  } catch {
    return {};
  }
}
