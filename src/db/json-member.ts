/** A value of a JSON member that people look for by its text. */
export type JsonScalar = string | number | boolean;

/** The values that are printed so: the string itself, and the number or truth value that canonical JSON spells so. */
export function jsonValuesPrintedAs(text: string): JsonScalar[] {
  const values: JsonScalar[] = [text];
  const number = Number(text);
  if (Number.isFinite(number) && String(number) === text) values.push(number);
  if (text === "true" || text === "false") values.push(text === "true");
  return values;
}
