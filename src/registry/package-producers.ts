import { packageById } from "../views/query-packages.ts";
import type { RegistryContext } from "./registry-context.ts";

/** How many producers are remembered. Count. */
const REMEMBERED = 10_000;

/** Whose a package is, asked once: it never changes. */
export class PackageProducers {
  readonly #known = new Map<string, string>();

  /** `undefined` if there is no such package. */
  async producerOf(context: RegistryContext, packageId: string): Promise<string | undefined> {
    const known = this.#known.get(packageId);
    if (known !== undefined) return known;
    const row = await context.database.read((reader) => packageById(reader, packageId));
    if (row === undefined) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(packageId, row.producer);
    return row.producer;
  }
}
