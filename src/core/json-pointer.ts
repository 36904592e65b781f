/** Appends one key or index to a JSON Pointer (RFC 6901 section 3). */
export function appendPointer(pointer: string, step: string | number): string {
  if (typeof step === "number") return `${pointer}/${step}`;
  return `${pointer}/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
