/** Acceptance 6: 100 kills of an ingest of 2,000 files. */
import { chosenSeed, interruptIngests } from "../support/interrupted-ingests.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

const kills = Number(process.env["ARTIFACTSTORE_SOAK_KILLS"] ?? 100);
const files = Number(process.env["ARTIFACTSTORE_SOAK_FILES"] ?? 2000) - 23;

await withTemporaryDirectory(async (directory) => {
  const seed = chosenSeed();
  const results = await interruptIngests({
    directory,
    kills,
    files,
    seed,
    onKill: ({ number, afterMs, interrupted, sequence, resumed }) => {
      const end = interrupted ? `killed after ${afterMs} ms` : "ended before its kill";
      process.stderr.write(
        `${number}: ${end}, sequence ${sequence}, ${resumed ? "resumed" : "begun anew"}\n`,
      );
    },
  });
  const count = (wanted: (result: (typeof results)[number]) => boolean) => results.filter(wanted).length;
  process.stdout.write(
    `${results.length} ingests, seed ${seed}: ${count(({ interrupted }) => interrupted)} killed, ` +
      `${count(({ sequence }) => sequence > 0)} with events, ${count(({ resumed }) => resumed)} resumed; all sound\n`,
  );
});
