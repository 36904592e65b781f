/** Who sent a request. */
export interface HttpPeer {
  /** IP address; `undefined` where the runtime does not say. */
  readonly address: string | undefined;
}

export interface ServeOptions {
  /** A name or an IP address. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** A connection on which nothing moves for so long is closed. Seconds, at most 255. */
  readonly idleTimeoutSeconds: number;
  /** Answers every request and never throws. The body is a stream without any limit of the runtime's own. */
  readonly handle: (request: Request, peer: HttpPeer) => Promise<Response>;
}

/** A server that listens. */
export interface HttpListener {
  /** Where it listens, to be put into a URL: IPv6 addresses are without brackets. */
  readonly host: string;
  readonly port: number;
  /** No new connections where the runtime can refuse them alone; requests that run go on. */
  close(): Promise<void>;
  /** Ends everything at once. */
  kill(): Promise<void>;
}
