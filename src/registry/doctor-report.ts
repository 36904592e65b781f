import type { ErrorCode } from "../core/errors.ts";
import type { LeaseCounts } from "../db/count-leases.ts";
import type { LogHead } from "../log/log-head.ts";

/**
 * What is looked at, in this order. `database`: its own structure. `log`: the events and their tree. `registry`: the
 * registry's id. `views`: against a replay of the log. Then for each backend: `ownership`: its marker. `blobs`: what
 * the log says it holds. `container`: the container of small blobs. `leftovers`: temporary files.
 */
export type DoctorCheckName =
  | "database"
  | "log"
  | "registry"
  | "views"
  | "ownership"
  | "blobs"
  | "container"
  | "leftovers";

/** One thing that is wrong. */
export interface DoctorProblem {
  readonly check: DoctorCheckName;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly backendId?: string;
  readonly contentAddress?: string;
  /** The package and the path of a file that is harmed. */
  readonly packageId?: string;
  readonly path?: string;
  /** Of an event. */
  readonly sequence?: number;
}

/** One check that was made. */
export interface DoctorCheck {
  readonly name: DoctorCheckName;
  readonly backendId?: string;
  /** Events, rows, blobs or files that were looked at. */
  readonly examined: number;
  readonly problemCount: number;
  /** Whether all that it is to look at could be looked at. */
  readonly isComplete: boolean;
}

/** Things of one kind that nothing refers to. An interrupted ingest leaves them, and they harm nothing. */
export interface Unreferenced {
  readonly count: number;
  /** Bytes. */
  readonly sizeBytes: number;
  /** Age of the oldest; absent where there is none. Seconds. */
  readonly oldestAgeSeconds?: number;
  /** How many are older than the grace, so that `--fix` may remove them. */
  readonly removable: number;
}

export interface BackendInformation {
  /** Blobs that live locations name. */
  readonly referencedBlobs: number;
  /** Bytes. */
  readonly referencedBytes: number;
  readonly orphans: Unreferenced;
  readonly leftovers: Unreferenced;
}

/** What is no problem, and good to know. A part that could not be read is absent; the problems say why. */
export interface DoctorInformation {
  readonly schemaVersion?: number;
  readonly head?: LogHead;
  readonly events?: number;
  /** Events of types that this program does not know, by type. */
  readonly unknownEventTypes?: ReadonlyMap<string, number>;
  /** By state; `created` ones are unfinished. */
  readonly packages?: ReadonlyMap<string, number>;
  readonly leases?: LeaseCounts;
  /** By backend id. */
  readonly backends: ReadonlyMap<string, BackendInformation>;
}

export interface DoctorReport {
  /** Everything was looked at, and nothing is wrong. */
  readonly sound: boolean;
  readonly checks: readonly DoctorCheck[];
  /** At most `PROBLEMS_LISTED_MAX`. */
  readonly problems: readonly DoctorProblem[];
  /** All of them. */
  readonly problemCount: number;
  /** What could not be looked at, and why; at most `PROBLEMS_LISTED_MAX`. */
  readonly unchecked: readonly DoctorProblem[];
  /** All of it. */
  readonly uncheckedCount: number;
  readonly information: DoctorInformation;
}
