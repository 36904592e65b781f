import { createHash } from "node:crypto";
import { ArtifactstoreError, type FieldError } from "../../core/errors.ts";
import { NAME_RULES } from "../../core/identifiers.ts";
import { TOKENS_MAX } from "../../core/limits.ts";
import { type Principal, SCOPES, type Scope } from "./principal.ts";

/** A token as it is kept: whose it is, and the digest of its secret. The secret itself is not kept. */
export interface Token extends Principal {
  /** SHA-256 of the secret's UTF-8, 32 bytes. */
  readonly digest: Uint8Array;
}

const HASHED = /^sha256:([0-9a-fA-F]{64})$/;

/** How many digits of its hash name a bare secret's actor. */
const ACTOR_DIGITS = 8;

/**
 * Reads a list of tokens, separated by commas or line ends; empty places are passed over, and so are lines that begin
 * with `#`. Each token is `[actor[;scopes[;producer]]=]secret`: scopes are joined by `+`, none means all of them; the
 * secret may be given as `sha256:<hex>` in place of itself.
 *
 * @param source names the list in messages: `ARTIFACTSTORE_AUTH_TOKENS`, a path
 * @throws ArtifactstoreError `configuration`; each problem names a token by its place, and no secret
 */
export function parseTokens(text: string, source: string): Token[] {
  const tokens: Token[] = [];
  const problems: FieldError[] = [];
  const known = new Set<string>();
  const entries = text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .flatMap((line) => line.split(","))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  for (const [index, entry] of entries.entries()) {
    const parsed = parseToken(entry);
    const refuse = (message: string) => problems.push({ pointer: `token ${index + 1}`, message });
    if (typeof parsed === "string") {
      refuse(parsed);
      continue;
    }
    const hex = Buffer.from(parsed.digest).toString("hex");
    if (known.has(hex)) refuse("its secret is that of another token");
    known.add(hex);
    tokens.push(parsed);
  }
  if (tokens.length > TOKENS_MAX) {
    problems.push({ pointer: source, message: `it has ${tokens.length} tokens, more than ${TOKENS_MAX}` });
  }
  if (problems.length > 0) {
    throw new ArtifactstoreError("configuration", `Cannot use the tokens of "${source}"`, {
      errors: problems,
    });
  }
  return tokens;
}

/** `sha256:<hex>`, as it may stand in the configuration in place of the secret. */
export function hashSecret(secret: string): string {
  return `sha256:${Buffer.from(digestOfSecret(secret)).toString("hex")}`;
}

/** 32 bytes. */
export function digestOfSecret(secret: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(secret, "utf8").digest());
}

/** The token, or what is wrong with it, without a word of the secret. */
function parseToken(entry: string): Token | string {
  const { owner, secret } = splitToken(entry);
  if (/[\s\p{Cc}]/u.test(secret)) return "its secret has white space or a control character";
  const hashed = HASHED.exec(secret)?.[1];
  if (hashed === undefined && secret.startsWith("sha256:")) {
    return 'what follows "sha256:" is not 64 hex digits';
  }
  const digest = hashed === undefined ? digestOfSecret(secret) : new Uint8Array(Buffer.from(hashed, "hex"));
  const [actor = "", scopes = "", producer = "", ...rest] = owner.split(";");
  if (rest.length > 0) return "it has more than actor, scopes and producer before its secret";
  const parsedScopes = parseScopes(scopes);
  if (typeof parsedScopes === "string") return parsedScopes;
  const named = actor === "" ? defaultActor(digest) : actor;
  const actorProblem = NAME_RULES.actor(named);
  if (actorProblem !== undefined) return `its actor is refused: ${actorProblem}`;
  const producerProblem = producer === "" ? undefined : NAME_RULES.producer(producer);
  if (producerProblem !== undefined) return `its producer is refused: ${producerProblem}`;
  return { actor: named, scopes: parsedScopes, digest, ...(producer === "" ? {} : { producer }) };
}

/** A `=` that only other ones follow is the padding of a bare secret in base64. */
function splitToken(entry: string): { readonly owner: string; readonly secret: string } {
  const equals = entry.indexOf("=");
  if (equals < 0 || /^=*$/.test(entry.slice(equals + 1))) return { owner: "", secret: entry };
  return { owner: entry.slice(0, equals).trim(), secret: entry.slice(equals + 1).trim() };
}

function parseScopes(text: string): ReadonlySet<Scope> | string {
  if (text.trim() === "") return new Set(SCOPES);
  const scopes = new Set<Scope>();
  for (const name of text.split("+").map((part) => part.trim())) {
    const scope = SCOPES.find((known) => known === name);
    if (scope === undefined) return `its scopes are not of ${SCOPES.join(", ")}, joined by "+"`;
    scopes.add(scope);
  }
  return scopes;
}

function defaultActor(digest: Uint8Array): string {
  return `token-${Buffer.from(digest).toString("hex").slice(0, ACTOR_DIGITS)}`;
}
