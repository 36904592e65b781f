import { setImmediate } from "node:timers/promises";

/**
 * One turn of the event loop. Answers of an embedded database are there at once, so that a loop over a million events
 * would never come back to it: signals would wait for its end, and so would the memory of native digests (some 120 bytes
 * for each), which Bun gives back in a turn of its own. Call it once for each page.
 */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
