import { contentAddressHex } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { mediaTypeForPath } from "../core/media-type.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import type { ReadFile } from "../dataplane/read-unit.ts";
import type { RegistrationSource } from "./registration.ts";

/** The manifest's entry for a file that was read. Throws `digest_mismatch` where the bytes are not those declared. */
export function describeSource(file: ReadFile<RegistrationSource>): ManifestFile {
  const { source, address, sha256 } = file;
  compare(source, "SHA-256", source.declared?.sha256, sha256);
  compare(source, "BLAKE3", source.declared?.blake3, contentAddressHex(address));
  return {
    path: source.path,
    media_type: source.mediaType ?? mediaTypeForPath(source.path),
    size_bytes: source.sizeBytes,
    content_address: address,
    sha256,
    ...(source.annotations === undefined ? {} : { annotations: source.annotations }),
  };
}

function compare(
  source: RegistrationSource,
  what: string,
  declared: string | undefined,
  found: string,
): void {
  if (declared === undefined || declared === found) return;
  const message = `its ${what} is declared as ${declared} and is ${found}`;
  throw new ArtifactstoreError(
    "digest_mismatch",
    `Cannot ingest ${quoteForTerminal(source.path)}: ${message}`,
    {
      errors: [{ pointer: escapeForTerminal(source.path), message }],
    },
  );
}
