import { type LogHead, readLogHead } from "../log/log-head.ts";
import type { RegistryContext } from "./registry-context.ts";

/** What names the state of the whole log; whoever keeps it can tell later whether history was changed. */
export function logHead(context: RegistryContext): Promise<LogHead> {
  return context.database.read(readLogHead);
}
