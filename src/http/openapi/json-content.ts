import type { JsonObject } from "../../core/cbor-value.ts";
import type { Answer, Content } from "./operation.ts";

export function jsonAnswer(description: string, schema: JsonObject, headers?: Answer["headers"]): Answer {
  return {
    description,
    content: { "application/json": schema },
    ...(headers === undefined ? {} : { headers }),
  };
}

export function jsonBody(schema: JsonObject): Content {
  return { content: { "application/json": schema } };
}
