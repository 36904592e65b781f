import { ArtifactstoreError } from "./errors.ts";
import { MEDIA_TYPES_BY_EXTENSION } from "./media-type-table.ts";
import { quoteForTerminal } from "./terminal-text.ts";

/** The media type of a file that declares none and whose extension is not in the table. */
export const DEFAULT_MEDIA_TYPE = "application/octet-stream";

/** `type/subtype` of restricted names (RFC 6838 section 4.2), in lower case. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** Whether a text is a media type as manifests hold it: lower-case `type/subtype`, no parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}

/** Throws `invalid_input` for every other spelling than the one that manifests hold. */
export function checkMediaType(text: string): void {
  if (!isMediaType(text)) refuse(text);
}

/**
 * The media type that a producer declares, as manifests hold it: `Text/HTML; charset=utf-8` is `text/html`.
 * Parameters are left out, since they have many spellings and a manifest has one. Throws `invalid_input`.
 */
export function parseMediaType(declared: string): string {
  const end = declared.indexOf(";");
  const mediaType = (end < 0 ? declared : declared.slice(0, end)).trim().toLowerCase();
  return isMediaType(mediaType) ? mediaType : refuse(declared);
}

/**
 * The media type of a file that declares none: by the extension of the last segment, in upper or lower case, never by
 * looking into the file. A name that only begins with a dot (`.log`) has no extension.
 */
export function mediaTypeForPath(path: string): string {
  const nameStart = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  if (dot <= nameStart) return DEFAULT_MEDIA_TYPE;
  return MEDIA_TYPES_BY_EXTENSION.get(path.slice(dot + 1).toLowerCase()) ?? DEFAULT_MEDIA_TYPE;
}

function refuse(text: string): never {
  throw new ArtifactstoreError(
    "invalid_input",
    `Cannot use media type ${quoteForTerminal(text)}: it is not of the form "type/subtype"`,
  );
}
