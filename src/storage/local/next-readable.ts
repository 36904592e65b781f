/**
 * The least number past `damaged` for which `canRead` says yes, as far as stepping ever wider and then back can tell:
 * right for one stretch of damage, and for several never less than right for the first. Answers `end` if there is none.
 */
export function nextReadable(damaged: number, end: number, canRead: (at: number) => boolean): number {
  let bad = damaged;
  let step = 1;
  while (bad + step < end && !canRead(bad + step)) {
    bad += step;
    step *= 2;
  }
  let good = Math.min(bad + step, end);
  while (good - bad > 1) {
    const middle = bad + Math.floor((good - bad) / 2);
    if (canRead(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
