/** What a token may be used for. */
export const SCOPES = ["read", "write", "retention", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** Who sends a request, and what they may do. */
export interface Principal {
  /** In the events that are recorded. */
  readonly actor: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Only packages of this producer exist for them, and they create no others. */
  readonly producer?: string;
}

/** Whoever comes without a token where reading is open. */
export const ANONYMOUS: Principal = { actor: "anonymous", scopes: new Set(["read"]) };
