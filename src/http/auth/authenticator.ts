import { timingSafeEqual } from "node:crypto";
import { ArtifactstoreError } from "../../core/errors.ts";
import { digestOfSecret, type Token } from "./parse-tokens.ts";
import { ANONYMOUS, type Principal, type Scope } from "./principal.ts";

const BEARER = /^Bearer +([^\s]+) *$/i;

/** Knows the tokens that are in force. */
export class Authenticator {
  #tokens: readonly Token[];
  readonly #anonymousReads: boolean;

  constructor(tokens: readonly Token[], options: { readonly anonymousReads: boolean }) {
    this.#tokens = tokens;
    this.#anonymousReads = options.anonymousReads;
  }

  get tokenCount(): number {
    return this.#tokens.length;
  }

  /** Requests that run keep what they have been allowed. */
  replaceTokens(tokens: readonly Token[]): void {
    this.#tokens = tokens;
  }

  /**
   * Who sends a request that needs a scope. Throws `unauthenticated` without a token that is known, also where reading
   * is open: a token that is wrong is a mistake to be told; and `forbidden` for one without the scope.
   */
  authenticate(authorization: string | null, scope: Scope): Principal {
    const open = this.#anonymousReads && scope === "read";
    if (authorization === null) {
      if (open) return ANONYMOUS;
      throw new ArtifactstoreError("unauthenticated", "Cannot answer the request: it has no token");
    }
    const secret = BEARER.exec(authorization)?.[1];
    const token = secret === undefined ? undefined : this.#find(secret);
    if (token === undefined) {
      throw new ArtifactstoreError("unauthenticated", "Cannot answer the request: its token is not known");
    }
    if (!open && !token.scopes.has(scope)) {
      throw new ArtifactstoreError(
        "forbidden",
        `Cannot answer the request: the token of "${token.actor}" does not have the scope "${scope}"`,
      );
    }
    return token;
  }

  /** Every token is compared, and digests are: how long it takes tells nothing about any secret. */
  #find(secret: string): Token | undefined {
    const digest = digestOfSecret(secret);
    let found: Token | undefined;
    for (const token of this.#tokens) {
      if (timingSafeEqual(token.digest, digest)) found = token;
    }
    return found;
  }
}
