/** From the least to the most. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Takes any case, and `warning` and `critical` as other programs spell them; `undefined` for the rest. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const lower = text.toLowerCase();
  if (lower === "warning") return "warn";
  if (lower === "critical") return "error";
  return LOG_LEVELS.find((level) => level === lower);
}
