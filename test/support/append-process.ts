import process from "node:process";
import { createdDraft, ingestedDraft, makeLog, record, sampleId } from "./log-scene.ts";
import { openDatabaseAt } from "./open-database.ts";

/*
 * A writing process of its own: opens the database at the same time as others do, and appends transactions of several
 * events. Arguments: where the database is, number of the writer, number of transactions.
 */
const [place = "", writer = "0", transactions = "0"] = process.argv.slice(2);
const number = Number(writer);
const packageId = sampleId(number);

const database = await openDatabaseAt(place, "write");
await record(database, [createdDraft(packageId, { external_id: `run-${number}` })], makeLog(Date.now));
for (let at = 0; at < Number(transactions); at += 1) {
  const first = number * 10_000 + at * 3;
  const drafts = [0, 1, 2].map((more) => ingestedDraft(packageId, first + more));
  await record(database, drafts, makeLog(Date.now), `process-${number}`);
}
await database.close();
