/**
 * `bun run services up|down|restart|status [--durable]`: a private PostgreSQL on loopback for tests and local work.
 * Prints what there is as JSON, its URL included; asking twice for one state changes nothing the second time.
 */
import process from "node:process";
import { runScript } from "./run-script.ts";
import { downPostgres, restartPostgres, statusPostgres, upPostgres } from "./services/postgres-service.ts";

const VERBS = { up: upPostgres, down: downPostgres, restart: restartPostgres, status: statusPostgres };

await runScript(async () => {
  const words = process.argv.slice(2);
  const durable = words.includes("--durable");
  const [verb = "", ...more] = words.filter((word) => word !== "--durable");
  if (!isVerb(verb) || more.length > 0) {
    throw new Error("usage: services up|down|restart|status [--durable]");
  }
  process.stdout.write(`${JSON.stringify({ postgres: await VERBS[verb](durable) }, null, 2)}\n`);
  return 0;
});

function isVerb(text: string): text is keyof typeof VERBS {
  return Object.hasOwn(VERBS, text);
}
