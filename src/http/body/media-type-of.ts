/** The media type of a request's body in lower case, without parameters; `undefined` where it has none. */
export function mediaTypeOf(request: Request): string | undefined {
  const text = request.headers.get("content-type");
  if (text === null) return undefined;
  return (text.split(";")[0] ?? "").trim().toLowerCase();
}
