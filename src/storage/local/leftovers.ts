import { ArtifactstoreError } from "../../core/errors.ts";
import type { Leftover, LeftoverKeeper } from "../blob-store.ts";
import { attempt, systemCode } from "./failure.ts";
import type { LocalParts } from "./parts.ts";
import { TEMPORARY_NAME, temporaryDirectory } from "./paths.ts";

const LEFTOVER_NAME = /^tmp\/[^/\\\0]{1,255}$/;

/** What lies in `<root>/tmp`. Names are `tmp/<name>`. */
export function localLeftovers(parts: LocalParts): LeftoverKeeper {
  return {
    list: () => listLeftovers(parts),
    async remove(name) {
      const last = name.slice(TEMPORARY_NAME.length + 1);
      if (!LEFTOVER_NAME.test(name) || last === "." || last === "..") {
        throw new ArtifactstoreError(
          "invalid_input",
          `Cannot remove "${name.slice(0, 300)}": not a left-over file`,
        );
      }
      await attempt(`remove left-over file "${name}"`, async () => {
        try {
          await parts.fileSystem.unlink(`${parts.root}/${name}`);
        } catch (error) {
          if (systemCode(error) !== "ENOENT") throw error;
        }
      });
    },
  };
}

async function* listLeftovers(parts: LocalParts): AsyncGenerator<Leftover> {
  const { look } = parts.fileSystem;
  const directory = temporaryDirectory(parts.root);
  const names = await attempt(`list "${directory}"`, () => look.names(directory));
  for (const name of names ?? []) {
    const facts = await attempt(`look up "${name}"`, () => look.facts(`${directory}/${name}`));
    if (facts?.isFile !== true) continue;
    yield { name: `${TEMPORARY_NAME}/${name}`, size: facts.size, modifiedAt: facts.modifiedAt };
  }
}
