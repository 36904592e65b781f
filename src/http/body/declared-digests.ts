import { parseContentAddress } from "../../core/content-address.ts";
import { ArtifactstoreError } from "../../core/errors.ts";
import type { ExpectedBody } from "../../registry/add-file.ts";
import { declaredLength } from "./guarded-body.ts";

/** A byte sequence of SHA-256's length, as structured fields spell it (RFC 8941 section 3.3.5). */
const SHA256_VALUE = /^:([A-Za-z0-9+/]{43}=):$/;

/**
 * What the headers say of the bytes: `Repr-Digest` and `Content-Digest` (RFC 9530), of which only `sha-256` is known and other
 * algorithms are passed over; `Artifactstore-Content-Address`; `Content-Length`. Throws `invalid_request` for what is malformed,
 * `digest_mismatch` for two that differ, `invalid_input` for what is no content address.
 */
export function declaredDigests(request: Request): ExpectedBody {
  const { headers } = request;
  const named = headers.get("artifactstore-content-address");
  const contentAddress = named === null ? undefined : parseContentAddress(named);
  const sizeBytes = declaredLength(request);
  const declared = ["repr-digest", "content-digest"]
    .map((name) => sha256Of(name, headers.get(name)))
    .filter((digest) => digest !== undefined);
  const [sha256] = declared;
  if (declared.some((digest) => digest !== sha256)) {
    throw new ArtifactstoreError(
      "digest_mismatch",
      'Cannot add file: "Repr-Digest" and "Content-Digest" differ',
    );
  }
  return {
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(contentAddress === undefined ? {} : { contentAddress }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  };
}

/** The value of `Repr-Digest` for a SHA-256 in hex. */
export function formatReprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}

/** Hex. */
function sha256Of(header: string, text: string | null): string | undefined {
  for (const member of (text ?? "").split(",")) {
    const [, algorithm, value = ""] =
      /^\s*([a-z*][a-z0-9_.*-]*)\s*=\s*([^;]*?)\s*(?:;.*)?$/.exec(member) ?? [];
    if (algorithm !== "sha-256") continue;
    const base64 = SHA256_VALUE.exec(value)?.[1];
    if (base64 === undefined) {
      throw new ArtifactstoreError(
        "invalid_request",
        `Cannot read the header "${header}": its "sha-256" is not 32 bytes in base64 between colons`,
      );
    }
    return Buffer.from(base64, "base64").toString("hex");
  }
  return undefined;
}
