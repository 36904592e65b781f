/** The value of `Repr-Digest` for a SHA-256 in hex (RFC 9530; a byte sequence of RFC 8941 section 3.3.5). */
export function formatReprDigest(sha256: string): string {
  const bytes = (sha256.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return `sha-256=:${btoa(String.fromCharCode(...bytes))}:`;
}
