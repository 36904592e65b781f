import { readLogHead } from "../log/log-head.ts";
import { routedBackends } from "../storage/routes.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How long a part may take to answer before it counts as not healthy. Milliseconds. */
const PATIENCE_MS = 5_000;

export interface PartHealth {
  readonly healthy: boolean;
  readonly detail: string;
}

export interface BackendHealth extends PartHealth {
  readonly backendId: string;
  readonly freeBytes: number | undefined;
  readonly totalBytes: number | undefined;
}

export interface RegistryHealth {
  readonly healthy: boolean;
  readonly database: PartHealth;
  /** Those that packages are written to, in the order of the routes. */
  readonly backends: readonly BackendHealth[];
}

/** Whether the database and the backends that are written to answer. Never throws; details name no path and no host. */
export async function checkHealth(context: RegistryContext): Promise<RegistryHealth> {
  const ids = routedBackends(context.routes);
  const [database, ...backends] = await Promise.all([
    databaseHealth(context),
    ...ids.map((id) => backendHealth(context, id)),
  ]);
  return {
    healthy: database.healthy && backends.every(({ healthy }) => healthy),
    database,
    backends,
  };
}

async function databaseHealth(context: RegistryContext): Promise<PartHealth> {
  try {
    const head = await inTime(context.database.read(readLogHead));
    if (head === undefined) return { healthy: false, detail: "does not answer" };
    return { healthy: true, detail: `${context.database.dialect.name}, log at ${head.sequence}` };
  } catch {
    return { healthy: false, detail: "cannot be read" };
  }
}

async function backendHealth(context: RegistryContext, backendId: string): Promise<BackendHealth> {
  const found = await inTime(context.backends.get(backendId)?.blobs.health());
  if (found === undefined) {
    return {
      backendId,
      healthy: false,
      detail: "does not answer",
      freeBytes: undefined,
      totalBytes: undefined,
    };
  }
  const { healthy, freeBytes, totalBytes } = found;
  return { backendId, healthy, detail: healthy ? "ok" : "not usable", freeBytes, totalBytes };
}

/** `undefined` for what takes too long. */
async function inTime<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  if (answer === undefined) return undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
