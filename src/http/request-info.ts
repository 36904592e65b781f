import type { HttpPeer } from "../core/http-port.ts";

/** What is noted of a request on its way, for the log and the metrics. */
export interface RequestInfo {
  readonly requestId: string;
  readonly peer: HttpPeer;
  /** Milliseconds, of a clock that only runs forward. */
  readonly startedAt: number;
  /** As in the table of routes; `undefined` where none matches. */
  route: string | undefined;
  actor: string | undefined;
  /** What the answer to HEAD says of the body that it leaves out. Bytes. */
  headLength: number | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Set for an answer that is streamed: called when the stream has ended. */
  streamed: boolean;
  onStreamEnd: ((error: unknown) => void) | undefined;
  error: unknown;
}

const infos = new WeakMap<Request, RequestInfo>();

export function noteRequest(request: Request, info: RequestInfo): void {
  infos.set(request, info);
}

/** Throws for a request that did not come in by the one door. */
export function infoOf(request: Request): RequestInfo {
  const info = infos.get(request);
  if (info === undefined) throw new Error("the request is not noted");
  return info;
}
