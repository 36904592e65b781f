/** Names that often hold credentials: worth a look before they are kept for years. */
const CREDENTIAL_NAMES =
  /^(?:session\.properties|\.env(?:\..+)?|.+\.(?:pem|key|p12|pfx|jks|keystore|kdbx)|id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pgpass|\.htpasswd|credentials(?:\.json)?)$/i;

export function looksLikeCredentials(path: string): boolean {
  return CREDENTIAL_NAMES.test(path.slice(path.lastIndexOf("/") + 1));
}
