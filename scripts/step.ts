import process from "node:process";

/** Runs one named step of a longer script; says how long it took, or that it failed, and passes the failure on. */
export async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  try {
    const result = await work();
    process.stderr.write(`ok      ${name} (${seconds()})\n`);
    return result;
  } catch (error) {
    process.stderr.write(`FAILED  ${name} (${seconds()})\n`);
    throw error;
  }
}
