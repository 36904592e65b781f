import type { CborMap, CborValue } from "../core/cbor-value.ts";
import { ArtifactstoreError } from "../core/errors.ts";

/*
 * Reading payloads. What is written today has the right shape; what is read may be years old or tampered with, so a
 * wrong shape is `log_damaged` and names the event.
 */

export interface PayloadSource {
  readonly sequence: number;
  readonly event_type: string;
  readonly value: CborMap;
}

export function textField(source: PayloadSource, key: string): string {
  return textOf(source, source.value, key);
}

export function optionalTextField(source: PayloadSource, key: string): string | null {
  const value = source.value[key];
  return value === undefined || value === null ? null : textField(source, key);
}

export function integerField(source: PayloadSource, key: string): number {
  const value = source.value[key];
  return Number.isSafeInteger(value) ? (value as number) : wrong(source, key, "an integer");
}

export function optionalIntegerField(source: PayloadSource, key: string): number | null {
  const value = source.value[key];
  return value === undefined || value === null ? null : integerField(source, key);
}

export function mapField(source: PayloadSource, key: string): CborMap {
  const value = source.value[key];
  return isMap(value) ? value : wrong(source, key, "a map");
}

export function optionalMapField(source: PayloadSource, key: string): CborMap | null {
  return source.value[key] === undefined ? null : mapField(source, key);
}

export function mapsField(source: PayloadSource, key: string): readonly CborMap[] {
  const value = source.value[key];
  return Array.isArray(value) && value.every(isMap) ? value : wrong(source, key, "a list of maps");
}

/** A text inside a map that came from the payload. */
export function textOf(source: PayloadSource, map: CborMap, key: string): string {
  const value = map[key];
  return typeof value === "string" ? value : wrong(source, key, "a text");
}

function isMap(value: CborValue | undefined): value is CborMap {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function wrong(source: PayloadSource, key: string, wanted: string): never {
  throw new ArtifactstoreError(
    "log_damaged",
    `Cannot read event ${source.sequence} ("${source.event_type}"): "${key}" is not ${wanted}`,
  );
}
