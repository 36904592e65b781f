/** One numbered step of a database's schema. Once released it is never changed: its digest is recorded. */
export interface Migration {
  /** From 1, without a gap. */
  readonly version: number;
  readonly name: string;
  /** Statements, ended by semicolons. */
  readonly sql: string;
}
