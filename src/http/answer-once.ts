import { printCanonicalJson } from "../core/canonical-json.ts";
import type { JsonObject, JsonValue } from "../core/cbor-value.ts";
import { withIdempotency } from "../registry/idempotency.ts";
import type { Exchange } from "./exchange.ts";
import { createdResponse } from "./respond.ts";

/** What a request made, or found. */
export interface Creation {
  readonly existed: boolean;
  /** Path of the thing. */
  readonly location: string;
  readonly body: JsonObject;
}

/**
 * Answers a request that creates. With an `Idempotency-Key` the work is done once, and every further request with the key
 * and the same content is answered the same. Throws `idempotency_conflict`, `idempotency_busy`, `invalid_input`.
 *
 * @param asked all of the request that matters
 */
export async function answerOnce(
  { request, registry, url }: Exchange,
  asked: JsonValue,
  work: () => Promise<Creation>,
): Promise<Response> {
  const key = request.headers.get("idempotency-key");
  if (key === null) return respond(await work());
  const fingerprint = printCanonicalJson([request.method, url.pathname, asked]);
  const kept = await withIdempotency(registry, key, fingerprint, async () => ({ ...(await work()) }));
  return respond(kept);
}

function respond({ existed, location, body }: Creation): Response {
  return createdResponse(location, body, existed ? 200 : 201);
}
