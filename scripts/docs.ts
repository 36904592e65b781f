/** `bun run docs`: brings the parts of `docs/` that are made from the sources up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedParts, withPart } from "./generated-docs.ts";
import { ROOT } from "./project.ts";

for (const part of await generatedParts()) {
  const path = join(ROOT, part.document);
  const before = readFileSync(path, "utf8");
  const after = withPart(before, part);
  if (after !== before) writeFileSync(path, after);
}
