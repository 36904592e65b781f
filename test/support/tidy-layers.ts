import { posix } from "node:path";
import { importsOf, problem, type SourceText } from "./tidy-source.ts";

/** What a layer may import: another layer, one file of it, or its types. */
type Permission = { readonly layer: string; readonly only?: readonly string[]; readonly types?: true };

function all(...layers: string[]): Permission[] {
  return layers.map((layer) => ({ layer }));
}

const SPI: Permission = { layer: "storage", only: ["blob-store.ts"] };

/** The walls of the house. A layer that is not here does not exist. `src/*.ts` are the composition root and the entries. */
export const LAYERS: Readonly<Record<string, readonly Permission[]>> = {
  core: [],
  schema: all("core"),
  db: all("core"),
  log: all("core", "schema", "db"),
  views: all("core", "schema", "db"),
  storage: all("core"),
  dataplane: [...all("core"), SPI],
  registry: [
    ...all("core", "schema", "db", "log", "views", "dataplane"),
    { layer: "storage", only: ["blob-store.ts", "layout.ts", "routes.ts", "marker.ts", "ownership.ts"] },
  ],
  client: all("core", "schema"),
  http: all("core", "schema", "registry", "client"),
  // What the registry does directly, from the other side of a server: with the same sources, targets and threads.
  remote: all("core", "schema", "client", "dataplane", "registry"),
  pilots: all("core", "schema", "registry", "client", "remote"),
  config: all("core"),
  cli: [
    // Use cases are functions that take a registry's context, so the command line names them; it opens none itself.
    ...all("core", "schema", "registry", "client", "remote", "config", "compose", "pilots", "http"),
    { layer: "dataplane", only: ["hash-engine.ts"] },
  ],
  runtime: [...all("core"), { layer: "db", types: true }],
};

/** Sources directly in `src/` and what they may import; everything unless named here. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  "src/main.ts": ["cli", "runtime"],
  "src/main.deno.ts": ["cli", "runtime"],
};

/** Files outside `src/` that a source may import. */
const OUTSIDE = [/^schemas\/[^/]+\.json$/, /^package\.json$/];

export function checkLayers(sources: readonly SourceText[]): string[] {
  return sources.filter(({ path }) => path.startsWith("src/")).flatMap(checkSource);
}

function checkSource(source: SourceText): string[] {
  const problems: string[] = [];
  const layer = layerOf(source.path);
  if (layer !== undefined && LAYERS[layer] === undefined) {
    problems.push(problem(source.path, 1, `"${layer}" is not a layer of the house`));
  }
  for (const { line, specifier, typeOnly } of importsOf(source)) {
    if (!specifier.startsWith(".")) continue;
    const target = posix.normalize(posix.join(posix.dirname(source.path), specifier));
    if (!/\.(ts|json)$/.test(specifier))
      problems.push(problem(source.path, line, `"${specifier}" lacks its extension`));
    if (!target.startsWith("src/")) {
      if (!OUTSIDE.some((pattern) => pattern.test(target))) {
        problems.push(problem(source.path, line, `sources may not import "${target}"`));
      }
    } else if (!isAllowed(source.path, layer, target, typeOnly)) {
      problems.push(problem(source.path, line, `${layer ?? source.path} may not import "${target}"`));
    }
  }
  return problems;
}

function isAllowed(path: string, layer: string | undefined, target: string, typeOnly: boolean): boolean {
  const targetLayer = layerOf(target) ?? (target === "src/compose.ts" ? "compose" : undefined);
  if (layer === undefined) return ENTRIES[path]?.includes(targetLayer ?? "") ?? true;
  if (targetLayer === layer) return true;
  return (LAYERS[layer] ?? []).some(
    (permission) =>
      permission.layer === targetLayer &&
      (permission.types !== true || typeOnly) &&
      (permission.only === undefined || permission.only.includes(target.split("/").slice(2).join("/"))),
  );
}

/** `undefined` for files directly in `src/`. */
export function layerOf(path: string): string | undefined {
  const [, layer, rest] = path.split("/");
  return rest === undefined ? undefined : layer;
}
