import type { HttpListener, ServeOptions } from "./http-port.ts";
import type { OpenSqlite } from "./sqlite-port.ts";

/** What an entry (`main.ts`, `main.deno.ts`) hands to the rest: all that differs between the runtimes. */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly version: string;
  /** Whether this is the compiled binary. */
  readonly compiled: boolean;
  readonly openSqlite: OpenSqlite;
  /** Listens for HTTP; loaded when it is first called. */
  readonly serve: (options: ServeOptions) => Promise<HttpListener>;
  /** Gives memory back that nobody refers to, now. Does nothing where the runtime cannot be asked. */
  readonly collectGarbage: () => void;
}
