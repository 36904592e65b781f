import { ANSWERS_PER_TURN } from "./limits.ts";

/**
 * Lets the event loop turn now and then. Looking into the container answers without ever waiting, so that a caller's
 * loop over a hundred thousand blobs would hold up timers (a lease to renew), signals and every other request.
 */
export class Turns {
  #answers = 0;

  afterMany(): Promise<void> | undefined {
    this.#answers += 1;
    if (this.#answers % ANSWERS_PER_TURN !== 0) return undefined;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
