/*
 * How a registration finds out that the world changed under it. None of these leaves the registry: the registration
 * looks again at what is there, and goes on from that.
 */

/** Another process created, finalized or abandoned the package meanwhile. */
export class RaceLost extends Error {
  constructor() {
    super("another process changed the package meanwhile");
    this.name = "RaceLost";
  }
}

/** The lease expired before the events were recorded: what was relied on may have been collected. */
export class LeaseLost extends Error {
  constructor() {
    super("a lease expired before the blobs were recorded");
    this.name = "LeaseLost";
  }
}

/** An unfinished package has logged something else than what the source holds now. */
export class ContentDiffers extends Error {
  constructor(what: string) {
    super(what);
    this.name = "ContentDiffers";
  }
}
