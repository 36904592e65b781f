import type { JsonObject } from "../../core/cbor-value.ts";
import type { ErrorCode } from "../../core/errors.ts";

/** What the OpenAPI document says of one route; kept by hand beside it. */
export interface Operation {
  /** Unique; what a generated client calls its function. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Query parameters and headers; those of the path are made from it. */
  readonly parameters?: readonly Parameter[];
  readonly body?: Content & { readonly required?: false };
  readonly responses: Readonly<Record<string, Answer>>;
  /** Codes of problem documents that it may answer besides those that every route may. */
  readonly problems?: readonly ErrorCode[];
}

export interface Parameter {
  readonly name: string;
  readonly in: "query" | "header";
  readonly description: string;
  readonly schema: JsonObject;
  readonly required?: true;
}

export interface Content {
  readonly description?: string;
  /** By media type. */
  readonly content: Readonly<Record<string, JsonObject>>;
}

export interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, JsonObject>>;
  /** Names and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}
