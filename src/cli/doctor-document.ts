import type {
  BackendInformation,
  DoctorProblem,
  DoctorReport,
  Unreferenced,
} from "../registry/doctor-report.ts";
import type { Reclaimed } from "../registry/reclaim.ts";

/** What `doctor` prints for programs; `docs/doctor.md` describes it. */
export function doctorDocument(report: DoctorReport) {
  const { information } = report;
  return {
    sound: report.sound,
    problem_count: report.problemCount,
    problems: report.problems.map(describeProblem),
    unchecked_count: report.uncheckedCount,
    unchecked: report.unchecked.map(describeProblem),
    checks: report.checks.map(({ name, backendId, examined, problemCount, isComplete }) => ({
      check: name,
      ...(backendId === undefined ? {} : { backend_id: backendId }),
      examined,
      problem_count: problemCount,
      complete: isComplete,
    })),
    information: {
      schema_version: information.schemaVersion ?? null,
      head: information.head === undefined ? null : { ...information.head },
      events: information.events ?? null,
      unknown_event_types: Object.fromEntries(information.unknownEventTypes ?? []),
      packages: Object.fromEntries(information.packages ?? []),
      unfinished_packages: information.packages?.get("created") ?? 0,
      leases: information.leases === undefined ? null : { ...information.leases },
      backends: Object.fromEntries(
        [...information.backends].map(([id, backend]) => [id, describeBackend(backend)]),
      ),
    },
  };
}

/** Of a registry whose database is too damaged to be opened. */
export function unopenableDocument(code: string, detail: string): ReturnType<typeof doctorDocument> {
  return {
    sound: false,
    problem_count: 1,
    problems: [{ check: "database", code, detail }],
    unchecked_count: 0,
    unchecked: [],
    checks: [{ check: "database", examined: 0, problem_count: 1, complete: false }],
    information: {
      schema_version: null,
      head: null,
      events: null,
      unknown_event_types: {},
      packages: {},
      unfinished_packages: 0,
      leases: null,
      backends: {},
    },
  };
}

interface ProblemDocument {
  check: string;
  code: string;
  detail: string;
  backend_id?: string;
  package_id?: string;
  path?: string;
  content_address?: string;
  sequence?: number;
}

function describeProblem(problem: DoctorProblem): ProblemDocument {
  const { check, code, detail, backendId, packageId, path, contentAddress, sequence } = problem;
  return {
    check,
    code,
    detail,
    ...(backendId === undefined ? {} : { backend_id: backendId }),
    ...(packageId === undefined ? {} : { package_id: packageId }),
    ...(path === undefined ? {} : { path }),
    ...(contentAddress === undefined ? {} : { content_address: contentAddress }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

function describeBackend({ referencedBlobs, referencedBytes, orphans, leftovers }: BackendInformation) {
  return {
    referenced_blobs: referencedBlobs,
    referenced_bytes: referencedBytes,
    orphans: describeUnreferenced(orphans),
    leftovers: describeUnreferenced(leftovers),
  };
}

function describeUnreferenced({ count, sizeBytes, oldestAgeSeconds, removable }: Unreferenced) {
  return {
    count,
    size_bytes: sizeBytes,
    removable,
    ...(oldestAgeSeconds === undefined ? {} : { oldest_age_seconds: oldestAgeSeconds }),
  };
}

/** What `--fix` removed, by backend; null where it removed nothing. */
export function reclaimedDocument(reclaimed: ReadonlyMap<string, Reclaimed> | undefined) {
  if (reclaimed === undefined) return null;
  return Object.fromEntries(
    [...reclaimed].map(([id, { blobs, blobBytes, leftovers, leftoverBytes, failures }]) => [
      id,
      {
        blobs,
        blob_bytes: blobBytes,
        leftovers,
        leftover_bytes: leftoverBytes,
        not_removed: failures.map(({ code, detail, count }) => ({ code, detail, count })),
      },
    ]),
  );
}

/** One line for people: where, what, and which code. */
export function problemLine(problem: ProblemDocument): string {
  const where = [
    problem.package_id === undefined ? undefined : `package ${problem.package_id}`,
    problem.path,
    problem.path === undefined ? problem.content_address : undefined,
    problem.backend_id === undefined ? undefined : `on ${problem.backend_id}`,
  ].filter((part) => part !== undefined);
  return `${problem.check}: ${where.length === 0 ? "" : `${where.join(" ")}: `}${problem.detail} (${problem.code})`;
}
