/**
 * Compares two well-formed texts in the byte order of their UTF-8, which is the order of code points and the order of
 * SQLite's BINARY and PostgreSQL's `COLLATE "C"`. JavaScript's own `<` compares UTF-16 units and differs from it
 * where a surrogate (U+10000 and up) meets a unit from U+E000 to U+FFFF.
 *
 * @returns negative, zero or positive, as `Array.prototype.sort` wants it
 */
export function compareUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Moves the surrogates above all other units: whatever they begin is greater than U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
