import { join } from "node:path";
import { sql } from "drizzle-orm/sql/sql";
import type { RegistrationRequest } from "../../src/registry/registration.ts";
import type { RegistryContext } from "../../src/registry/registry-context.ts";
import { openTestRegistry, writeFiles } from "./open-registry.ts";
import { withTemporaryDirectory } from "./temporary-directory.ts";

/** Five files, two of them equal, one empty, one too large for the container. */
export const FILES = {
  "a.txt": "first",
  "b/c.json": "{}",
  "b/copy.txt": "first",
  "b/empty": "",
  "large.bin": new Uint8Array(200_000).fill(7),
};

export interface Scene {
  readonly directory: string;
  readonly source: string;
  readonly registry: RegistryContext;
}

export async function withScene(
  work: (scene: Scene) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const source = join(directory, "source");
    writeFiles(source, FILES);
    const { registry, close } = await openTestRegistry(join(directory, "home"), variables);
    try {
      await work({ directory, source, registry });
    } finally {
      await close();
    }
  });
}

export async function eventTypes(registry: RegistryContext): Promise<string[]> {
  const rows = await registry.database.read((reader) =>
    reader.all<{ event_type: string }>(sql`SELECT event_type FROM events ORDER BY sequence`),
  );
  return rows.map((row) => row.event_type.replace(/^v1\./, ""));
}

export async function leaseCount(registry: RegistryContext): Promise<number | undefined> {
  const row = await registry.database.read((reader) =>
    reader.get<{ n: number }>(sql`SELECT count(*) AS n FROM leases`),
  );
  return row?.n;
}

/** The request, cut off after some bytes have been recorded. */
export function cutOff(request: RegistrationRequest): RegistrationRequest {
  const controller = new AbortController();
  return { ...request, signal: controller.signal, onProgress: () => controller.abort(new Error("cut off")) };
}

/** Small files, and yet more bytes than one group takes: something is recorded before the end. */
export function writeGroups(directory: string): void {
  const files: Record<string, string> = {};
  for (let i = 0; i < GROUPS_FILES; i++) files[`f/${i}`] = `content ${i} `.padEnd(60_000, "x");
  writeFiles(directory, files);
}

export const GROUPS_FILES = 440;
