import { countPackages } from "../views/count-packages.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How many packages are in each state; states that none is in are left out. */
export function countByStatus(context: RegistryContext): Promise<ReadonlyMap<string, number>> {
  return context.database.read(countPackages);
}
