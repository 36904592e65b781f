import process from "node:process";
import { openConfiguredRegistry } from "../../src/open-configured-registry.ts";
import { appendUpload } from "../../src/registry/uploads/append-upload.ts";
import { createUpload } from "../../src/registry/uploads/create-upload.ts";
import { blobSample } from "./blob-samples.ts";
import { beginPackage } from "./fill-package.ts";

/** A process that receives two parts of an upload, and waits in the third until it is killed. Prints the ids. */
const [home = "", databaseUrl = ""] = process.argv.slice(2);
const { bytes } = blobSample(1, 3_500_000);
const { registry } = await openConfiguredRegistry({
  environment: { ARTIFACTSTORE_ACTOR: "local:tester", ARTIFACTSTORE_DATABASE_URL: databaseUrl },
  workingDirectory: home,
});
const packageId = await beginPackage(registry);
const request = { path: "large", sizeBytes: bytes.length, metadata: "", maxBytes: bytes.length };
const { id } = await createUpload(registry, packageId, request);

async function* chunk(from: number, to: number): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(from, to);
}

async function* endless(): AsyncGenerator<Uint8Array> {
  // More than is gathered before it is written: the file is longer than what is counted.
  yield bytes.subarray(2_000_000, 3_300_000);
  process.stdout.write(`${JSON.stringify({ id, packageId })}\n`);
  // What keeps the process going while it waits.
  setInterval(() => undefined, 60_000);
  await new Promise<never>(() => {});
}

await appendUpload(registry, id, { offsetBytes: 0 }, chunk(0, 900_000));
await appendUpload(registry, id, { offsetBytes: 900_000 }, chunk(900_000, 2_000_000));
await appendUpload(registry, id, { offsetBytes: 2_000_000 }, endless());
