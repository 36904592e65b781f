import { ArtifactstoreError } from "./errors.ts";

/** The one spelling of a time: `YYYY-MM-DDTHH:MM:SS.sssZ`, years 0000 to 9999 (a profile of RFC 3339). */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** 0000-01-01T00:00:00.000Z, milliseconds since 1970. */
export const TIMESTAMP_MIN_MS = -62_167_219_200_000;

/** 9999-12-31T23:59:59.999Z, milliseconds since 1970. */
export const TIMESTAMP_MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * @param epochMs whole milliseconds since 1970-01-01T00:00:00Z
 * Throws `invalid_input` outside the years 0000 to 9999 and for fractions of a millisecond.
 */
export function formatTimestamp(epochMs: number): string {
  if (!Number.isInteger(epochMs) || epochMs < TIMESTAMP_MIN_MS || epochMs > TIMESTAMP_MAX_MS) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot format time: ${epochMs} ms is not a whole number in the years 0000 to 9999`,
    );
  }
  return new Date(epochMs).toISOString();
}

/**
 * @returns milliseconds since 1970-01-01T00:00:00Z
 * Throws `invalid_input` for every other spelling, for dates that do not exist and for leap seconds.
 */
export function parseTimestamp(text: string): number {
  const epochMs = readTimestamp(text);
  if (epochMs === undefined) {
    throw new ArtifactstoreError(
      "invalid_input",
      `Cannot read time: "${text.slice(0, 40)}" is not of the form "YYYY-MM-DDTHH:MM:SS.sssZ"`,
    );
  }
  return epochMs;
}

export function isTimestamp(text: string): boolean {
  return readTimestamp(text) !== undefined;
}

function readTimestamp(text: string): number | undefined {
  if (!TIMESTAMP.test(text)) return undefined;
  const epochMs = Date.parse(text);
  // Some parsers roll impossible dates over (30 February to 1 or 2 March); the way back shows it.
  return Number.isNaN(epochMs) || new Date(epochMs).toISOString() !== text ? undefined : epochMs;
}
