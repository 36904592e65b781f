import type { Migration } from "../../migration.ts";

/*
 * Who holds an external id is decided under the log's lock, from the views. Views that somebody edited by hand decide
 * wrongly, and then the log has two live packages of one external id. The log is the truth, and a replay of it must
 * not end at an index: so the index finds, and forbids nothing. The package that came first holds the id.
 */
export const externalIds: Migration = {
  version: 2,
  name: "external-ids",
  sql: `
DROP INDEX artifact_packages_external_id;
CREATE INDEX artifact_packages_external_id ON artifact_packages (producer, external_id)
  WHERE status IN ('created', 'finalized') AND external_id IS NOT NULL;
`,
};
