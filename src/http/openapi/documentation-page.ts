import type { JsonObject } from "../../core/cbor-value.ts";
import { ERRORS } from "../../core/errors.ts";
import { RESOURCES } from "../resources.ts";
import type { Route } from "../route.ts";
import { templateOf } from "./openapi-document.ts";
import type { Operation } from "./operation.ts";

const STYLE = `
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:3rem;border-bottom:1px solid #8888}
article{margin:1.5rem 0;padding:.2rem 1rem;border-left:3px solid #8888}
code,pre{font:14px/1.4 ui-monospace,monospace}
pre{overflow:auto;padding:.6rem;background:#8881}
table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
.scope{float:right;opacity:.7}`;

/** The API for people: one page that fetches nothing, made of the same table as the OpenAPI document. */
export function documentationPage(version: string): string {
  const byTag = Map.groupBy(Object.values(RESOURCES).flat(), ({ operation }) => operation.tag);
  const sections = [...byTag].map(
    ([tag, routes]) => `<h2>${escapeHtml(tag)}</h2>\n${routes.map(describeRoute).join("\n")}`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>artifactstore ${escapeHtml(version)}</title><style>${STYLE}</style></head><body>
<h1>artifactstore ${escapeHtml(version)}</h1>
<p>A registry and storage gateway for generated evidence. For programs: <a href="/openapi.json">OpenAPI 3.1</a>.</p>
<p>Send a token as <code>Authorization: Bearer …</code>. Failures are problem documents (RFC 9457); programs read
<code>code</code>, people <code>detail</code>. Lists are <code>{"items": […], "next_cursor": …}</code>: hand
<code>next_cursor</code> back as <code>cursor</code>, with the same filters, until it is <code>null</code>.</p>
${sections.join("\n")}
<h2>Errors</h2>
${errorTable()}
</body></html>
`;
}

function describeRoute({ method, path, scope, operation }: Route): string {
  const { id, summary, description, responses } = operation;
  return `<article id="${escapeHtml(id)}"><span class="scope">${scope === "open" ? "no token" : `scope ${scope}`}</span>
<h3><code>${method} ${escapeHtml(templateOf(path))}</code></h3><p>${prose(summary)}.</p>
${description === undefined ? "" : `<p>${prose(description)}</p>`}${parameterTable(operation)}${bodyOf(operation)}
<p>Answers ${Object.entries(responses)
    .map(([status, answer]) => `<code>${status}</code> ${prose(answer.description.toLowerCase())}`)
    .join(", ")}${problemsOf(operation)}.</p></article>`;
}

function parameterTable({ parameters = [] }: Operation): string {
  if (parameters.length === 0) return "";
  const rows = parameters.map(
    ({ name, in: place, description }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}</td><td>${prose(description)}</td></tr>`,
  );
  return `<table>${rows.join("")}</table>`;
}

function bodyOf({ body }: Operation): string {
  if (body === undefined) return "";
  return Object.entries(body.content)
    .map(([type, schema]) => `<p>Body: <code>${escapeHtml(type)}</code></p>${schemaOf(schema)}`)
    .join("");
}

function schemaOf(schema: JsonObject): string {
  if (schema["type"] === "string") return "";
  return `<pre>${escapeHtml(JSON.stringify(schema, undefined, 2))}</pre>`;
}

function problemsOf({ problems = [] }: Operation): string {
  if (problems.length === 0) return "";
  const links = problems.map((code) => `<a href="#error-${code}"><code>${code}</code></a>`);
  return `; fails with ${links.join(", ")}`;
}

function errorTable(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title }]) =>
      `<tr id="error-${code}"><td><code>${code}</code></td><td>${status}</td><td>${escapeHtml(title)}</td></tr>`,
  );
  return `<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${rows.join("")}</table>`;
}

/** Text with \`code\` in it. */
function prose(text: string): string {
  return escapeHtml(text).replace(/`([^`]*)`/g, "<code>$1</code>");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
