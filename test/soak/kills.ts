/** Acceptance 6: 100 kills of an ingest of 2,000 files. */
import { chosenSeed, interruptIngests } from "../support/interrupted-ingests.ts";
import { scaled } from "../support/soak-scale.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const kills = scaled(100);
const files = 2000 - 23;

await withTemporaryDirectory(async (directory) => {
  const seed = chosenSeed();
  const results = await interruptIngests({
    directory,
    kills,
    files,
    seed,
    onKill: ({ number, afterMs, sequence, found }) => {
      process.stderr.write(
        `${number}: killed after ${afterMs} ms, sequence ${sequence}, rerun found ${found}\n`,
      );
    },
  });
  const count = (wanted: string) => results.filter(({ found }) => found === wanted).length;
  process.stdout.write(
    `${results.length} kills, seed ${seed}: the rerun found nothing ${count("nothing")} times, ` +
      `an unfinished package ${count("unfinished")} times, a finalized one ${count("finalized")} times; all sound\n`,
  );
});
