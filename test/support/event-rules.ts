import { readFileSync } from "node:fs";
import { parseCddl } from "./cddl.ts";

const text = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");

/** The CDDL of docs/events.md: a rule for each event type's payload, under the type's name. */
export const eventRules = parseCddl(
  [...text.matchAll(/```cddl\n([^`]*)```/g)].map((block) => block[1]).join("\n"),
);

/** The event types that have a heading of their own. */
export const documentedEventTypes = [...text.matchAll(/^### `([^`]+)`$/gm)].map(
  (heading) => heading[1] ?? "",
);
