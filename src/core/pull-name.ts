import { ArtifactstoreError } from "./errors.ts";
import { PATH_SEGMENT_MAX_BYTES } from "./limits.ts";
import { quoteForTerminal } from "./terminal-text.ts";
import { utf8Length } from "./utf8-length.ts";

/** What the file system that a package is restored to does with names. */
export interface TargetFileSystem {
  /** Names that differ only in case are one file (Windows, macOS by default). */
  readonly caseInsensitive: boolean;
  /** Names that differ only in Unicode normalisation are one file (macOS). */
  readonly normalising: boolean;
  /** The naming rules of Windows hold: device names, forbidden characters, trailing dots and spaces. */
  readonly windowsNames: boolean;
}

/** Characters that Windows does not have in names; `:` names a stream of another file there. */
const WINDOWS_FORBIDDEN = /[<>:"|?*]/;

/** Devices, whatever extension follows; also with superscript digits, and with spaces before the extension. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i;

/**
 * Which rule of the target file system a path of a package breaks, or `undefined`. The path is a good package path
 * already (`package-path.ts`). Threat: a name that opens a device, or that the file system silently changes, so that
 * what is restored is not what was stored.
 */
export function brokenPullRule(path: string, target: TargetFileSystem): string | undefined {
  for (const segment of path.split("/")) {
    if (utf8Length(segment) > PATH_SEGMENT_MAX_BYTES) {
      return `a segment has more than ${PATH_SEGMENT_MAX_BYTES} bytes`;
    }
    if (!target.windowsNames) continue;
    if (WINDOWS_FORBIDDEN.test(segment)) return "a segment has a character that Windows reserves";
    if (segment.endsWith(".") || segment.endsWith(" ")) return "a segment ends with a dot or a space";
    if (WINDOWS_DEVICE.test(segment))
      return `the segment ${quoteForTerminal(segment)} names a device on Windows`;
  }
  return undefined;
}

/** Throws `invalid_path`, naming the path (escaped) and the rule. */
export function checkPullName(path: string, target: TargetFileSystem): void {
  const rule = brokenPullRule(path, target);
  if (rule !== undefined) {
    throw new ArtifactstoreError("invalid_path", `Cannot restore ${quoteForTerminal(path)}: ${rule}`);
  }
}
