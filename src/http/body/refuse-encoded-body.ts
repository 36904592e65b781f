import { ArtifactstoreError } from "../../core/errors.ts";

/** Bytes are stored as they come: a coding of the message would become part of the file. Throws `unsupported_media_type`. */
export function refuseEncodedBody({ headers }: Request): void {
  const coding = headers.get("content-encoding");
  if (coding !== null && coding.trim().toLowerCase() !== "identity") {
    throw new ArtifactstoreError(
      "unsupported_media_type",
      `Cannot read the body: "Content-Encoding" is "${coding.slice(0, 40)}", and bodies are taken as they are`,
    );
  }
  if (headers.has("content-range")) {
    throw new ArtifactstoreError(
      "invalid_request",
      'Cannot read the body: it has a "Content-Range"; parts of a file go to "/packages/{id}/uploads"',
    );
  }
}
