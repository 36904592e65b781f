/** Whether the caller has what the tag names (`If-None-Match`, RFC 9110 section 13.1.2: weak comparison). */
export function isNotModified(request: Request, etag: string): boolean {
  const text = request.headers.get("if-none-match");
  if (text === null) return false;
  return text.trim() === "*" || entityTags(text).some((tag) => tag.replace(/^W\//, "") === etag);
}

/** Whether a condition asks for another state than this (`If-Match`, RFC 9110 section 13.1.1: strong comparison). */
export function failsMatch(request: Request, etag: string): boolean {
  const text = request.headers.get("if-match");
  if (text === null || text.trim() === "*") return false;
  return !entityTags(text).includes(etag);
}

function entityTags(text: string): string[] {
  return text.match(/(?:W\/)?"[^"]*"/g) ?? [];
}
