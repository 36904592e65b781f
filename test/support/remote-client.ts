import { createHash } from "node:crypto";
import type { ClientOptions } from "../../src/client/client-options.ts";
import { type ArtifactstoreClient, createClient } from "../../src/client/create-client.ts";
import type { CreatedPackage, DescribedFile } from "../../src/client/documents.ts";
import type { TestServer } from "./http-server.ts";
import { PACKAGE } from "./http-server.ts";
import { SeededRandom } from "./random-bytes.ts";
import { type CliResult, runCliHere } from "./run-cli.ts";

/** A client of a test server, by the token of one of its actors. */
export function clientOf(
  { url }: Pick<TestServer, "url">,
  actor = "all",
  options: Partial<ClientOptions> = {},
): ArtifactstoreClient {
  return createClient({ baseUrl: url, token: `secret-${actor}`, retryDelayMs: 20, ...options });
}

/** A finalized package of these files; answers it and its files by path. */
export async function filledPackage(
  client: ArtifactstoreClient,
  files: Readonly<Record<string, string | Uint8Array>>,
  said: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly created: CreatedPackage; readonly files: ReadonlyMap<string, DescribedFile> }> {
  const created = await client.packages.create({ ...PACKAGE, ...said });
  const inMemory = Object.entries(files).map(([path, content]) => ({ path, bytes: bytesOf(content) }));
  await client.packageFiles.addArchive(created.id, inMemory);
  await client.packages.finalize(created.id);
  const listed = new Map<string, DescribedFile>();
  for await (const file of client.packages.files(created.id)) listed.set(file.relative_path, file);
  return { created, files: listed };
}

export function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

export function sha256Of(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Runs a command line through a test server, in a directory of its own. */
export function runRemotely(
  server: TestServer,
  argv: readonly string[],
  options: { readonly actor?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<CliResult> {
  return runCliHere(argv, {
    workingDirectory: server.directory,
    environment: {
      ARTIFACTSTORE_API_URL: server.url,
      ARTIFACTSTORE_API_TOKEN: `secret-${options.actor ?? "all"}`,
      ARTIFACTSTORE_INGEST_THREADS: "1",
      ...options.environment,
    },
  });
}

/** The same bytes for the same seed. */
export function seededBytes(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  new SeededRandom(seed).fill(bytes);
  return bytes;
}
