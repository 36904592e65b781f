import type { Migration } from "../../migration.ts";

/*
 * Lists of packages come newest first: what they are filtered by leads straight to a page of them.
 *
 * They are also looked for by the top-level members of their metadata, each by its value. An index of SQLite is over
 * columns that are known beforehand, and the members are not, so this table stands for one. It is no view, and no event
 * speaks of it: triggers keep it, within the statement that changes the package.
 *
 * Texts are cut, and members of long keys left out, so that nobody's metadata make an index out of proportion: what is
 * found here is compared once more. Lengths are as in `sqlite-dialect.ts`.
 */
const MEMBERS = (metadata: string) => `json_each(${metadata}) AS member
    WHERE member.type IN ('text', 'integer', 'real', 'true', 'false') AND length(member.key) <= 128`;

const COLUMNS = `member.key,
    CASE member.type WHEN 'text' THEN 'text' WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE 'boolean' END,
    CASE member.type WHEN 'text' THEN substr(member.value, 1, 64) ELSE member.value END`;

const ADD = `INSERT OR IGNORE INTO package_metadata (key, kind, value, created_event_sequence)
  SELECT ${COLUMNS}, NEW.created_event_sequence FROM ${MEMBERS("NEW.metadata")};`;

const REMOVE = `DELETE FROM package_metadata WHERE created_event_sequence = OLD.created_event_sequence
    AND (key, kind, value) IN (SELECT ${COLUMNS} FROM ${MEMBERS("OLD.metadata")});`;

export const packageIndexes: Migration = {
  version: 3,
  name: "package-indexes",
  sql: `
DROP INDEX artifact_packages_subject;
CREATE INDEX artifact_packages_producer ON artifact_packages (producer, created_event_sequence);
CREATE INDEX artifact_packages_subject ON artifact_packages (subject, created_event_sequence);
CREATE INDEX artifact_packages_retention_class ON artifact_packages (retention_class, created_event_sequence);
CREATE INDEX artifact_packages_status ON artifact_packages (status, created_event_sequence);
CREATE INDEX artifact_packages_external_ids ON artifact_packages (external_id, created_event_sequence)
  WHERE external_id IS NOT NULL;
CREATE INDEX artifact_packages_created_at ON artifact_packages (created_at, created_event_sequence);

CREATE TABLE package_metadata (
  key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'number', 'boolean')),
  value ANY NOT NULL,
  created_event_sequence INTEGER NOT NULL,
  PRIMARY KEY (key, kind, value, created_event_sequence)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER package_metadata_insert AFTER INSERT ON artifact_packages BEGIN
  ${ADD}
END;

CREATE TRIGGER package_metadata_delete AFTER DELETE ON artifact_packages BEGIN
  ${REMOVE}
END;

CREATE TRIGGER package_metadata_update AFTER UPDATE OF metadata ON artifact_packages BEGIN
  ${REMOVE}
  ${ADD}
END;

INSERT INTO package_metadata (key, kind, value, created_event_sequence)
SELECT ${COLUMNS}, p.created_event_sequence FROM artifact_packages AS p, ${MEMBERS("p.metadata")};
`,
};
