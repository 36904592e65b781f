import { describeCommands } from "../src/cli/describe-commands.ts";
import { DEFAULT_RETENTION_CLASSES } from "../src/config/retention-classes.ts";
import { settingDefinition, settingKeys, tomlName } from "../src/config/settings.ts";
import { ERRORS } from "../src/core/errors.ts";
import { MEDIA_TYPES_BY_EXTENSION } from "../src/core/media-type-table.ts";
import { limitsTable } from "./limits-table.ts";
import { code, markdownTable } from "./markdown-table.ts";

/** A part of a document that is made from a table in the sources, between two comments that name it. */
export interface GeneratedPart {
  /** Relative to the checkout. */
  readonly document: string;
  readonly name: string;
  readonly text: string;
}

export async function generatedParts(): Promise<GeneratedPart[]> {
  return [
    { document: "docs/configuration.md", name: "settings", text: settingsTable() },
    { document: "docs/configuration.md", name: "retention classes", text: retentionTable() },
    { document: "docs/cli.md", name: "commands", text: await commandsReference() },
    { document: "docs/errors.md", name: "errors", text: errorsTable() },
    { document: "docs/limits.md", name: "limits", text: limitsTable() },
    { document: "docs/manifest.md", name: "media types", text: mediaTypesTable() },
  ];
}

/** The document with the part as it should be. Throws if the document has no place for it. */
export function withPart(document: string, part: GeneratedPart): string {
  const start = `<!-- made from the sources: ${part.name} -->`;
  const end = "<!-- end -->";
  const from = document.indexOf(start);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${part.document} has no place for "${part.name}"`);
  return `${document.slice(0, from + start.length)}\n${part.text}\n${document.slice(to)}`;
}

function settingsTable(): string {
  const rows = settingKeys().map((key) => {
    const { name, type, default: value, flag, doc } = settingDefinition(key);
    const toml = key === "config" ? "" : code(tomlName(key));
    const shownFlag = flag === undefined ? "" : code(`--${flag}`);
    return [
      code(name),
      toml,
      shownFlag,
      type.replaceAll("_", " "),
      value === undefined ? "" : code(value),
      doc,
    ];
  });
  return markdownTable(["variable", "TOML", "flag", "type", "default", "meaning"], rows);
}

function retentionTable(): string {
  const rows = [...DEFAULT_RETENTION_CLASSES.values()].map(({ name, durationSeconds }) => [
    code(name),
    durationSeconds === undefined
      ? "never expires"
      : `${durationSeconds / 86_400} days (${durationSeconds} s)`,
  ]);
  return markdownTable(["class", "duration"], rows);
}

function errorsTable(): string {
  const rows = Object.entries(ERRORS).map(([name, { exit, status, title }]) => [
    code(name),
    String(exit),
    String(status),
    title,
  ]);
  return markdownTable(["code", "exit", "HTTP", "meaning"], rows);
}

function mediaTypesTable(): string {
  const extensions = Map.groupBy(MEDIA_TYPES_BY_EXTENSION, ([, mediaType]) => mediaType);
  const rows = [...extensions].map(([mediaType, entries]) => [
    entries.map(([extension]) => code(extension)).join(", "),
    code(mediaType),
  ]);
  return markdownTable(["extensions", "media type"], rows);
}

async function commandsReference(): Promise<string> {
  const sections = (await describeCommands()).map(({ words, summary, flags, positionals }) => {
    const usage = ["artifactstore", ...words, ...positionals.map(({ shown }) => shown)].join(" ");
    const own = flags.filter(({ global }) => !global);
    const rows = [
      ...positionals.map(({ shown, description }) => [code(shown), description]),
      ...own.map(({ name, short, values, valueHint, takesValue, description }) => {
        const value = !takesValue ? "" : values.length > 0 ? `=${values.join("|")}` : `=<${valueHint}>`;
        return [code(`${short === undefined ? "" : `${short}, `}${name}${value}`), description];
      }),
    ];
    const arguments_ = rows.length === 0 ? "" : `\n\n${markdownTable(["argument", "meaning"], rows)}`;
    return `### ${code(usage)}\n\n${summary}.${arguments_}`;
  });
  return sections.join("\n\n");
}
