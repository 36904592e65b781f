/** A promise of which one may ask whether it has been kept. */
export interface WatchedPromise<T> {
  readonly promise: Promise<T>;
  /** A failed unit is met alone, at its turn, when the group before it has been taken over. */
  state: "under way" | "done" | "failed";
}

/** A failure is seen when its turn comes, not as an unhandled rejection before. */
export function watch<T>(promise: Promise<T>): WatchedPromise<T> {
  const watched: WatchedPromise<T> = { promise, state: "under way" };
  promise.then(
    () => {
      watched.state = "done";
    },
    () => {
      watched.state = "failed";
    },
  );
  return watched;
}

/** Resolves when the promise is kept or broken. */
export function settled(promise: Promise<unknown>): Promise<void> {
  return promise.then(
    () => undefined,
    () => undefined,
  );
}
