/**
 * The number of bytes that a text takes in UTF-8, without encoding it. A lone surrogate counts three bytes, as the
 * replacement character that an encoder would write; callers refuse such text beforehand.
 */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      length += 1;
      continue;
    }
    length += 2;
    // A pair is two units and four bytes: the second unit is already counted as one, so nothing is added for it.
    if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text, i + 1)) i++;
  }
  return length;
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = index < text.length ? text.charCodeAt(index) : 0;
  return unit >= 0xdc00 && unit <= 0xdfff;
}
