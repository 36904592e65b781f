/** The guide-board pilot as a library: `import { ingestRun } from "artifactstore/pilots/guide-board"`. */
export { type IngestRunOptions, type IngestRunResult, ingestRun } from "./ingest-run.ts";
