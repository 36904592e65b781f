import process from "node:process";

/** Runs a script and ends the process with its exit code; 1, with the message and no stack, if it throws. */
export async function runScript(main: () => Promise<number>): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
