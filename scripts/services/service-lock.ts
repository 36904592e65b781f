import { closeSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import process from "node:process";

/** How long to wait for whoever is at it. Milliseconds. */
const WAIT_MS = 120_000;

/** How long between two looks. Milliseconds. */
const PAUSE_MS = 50;

/** Runs one after the other what several processes do at once; a lock whose process is gone is taken over. */
export async function withServiceLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  while (!take(path)) {
    if (performance.now() > deadline) throw new Error(`"${path}" is held by another process`);
    if (!isAlive(holder(path))) rmSync(path, { force: true });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    const descriptor = openSync(path, "wx");
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch {
    return false;
  }
}

function holder(path: string): number {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return 0;
  }
}

/** 0 is a lock that is being made, or gone again. */
function isAlive(processId: number): boolean {
  if (processId === 0) return true;
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
