import { importsOf, problem, type SourceText } from "./tidy-source.ts";

export interface DependencyLists {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const BUILT_IN = /^(node|bun):|^bun$/;

/** What is imported is declared, what is declared is imported, pinned, and has its line in `docs/dependencies.md`. */
export function checkDependencies(
  sources: readonly SourceText[],
  lists: DependencyLists,
  document: string,
): string[] {
  const problems: string[] = [];
  const used = new Set<string>();
  const declared = Object.keys(lists.dependencies ?? {});
  const declaredForTests = new Set([...declared, ...Object.keys(lists.devDependencies ?? {})]);
  for (const source of sources) {
    for (const { line, specifier } of importsOf(source)) {
      if (specifier.startsWith(".") || BUILT_IN.test(specifier)) continue;
      const name = packageOf(specifier);
      const ofProduct = source.path.startsWith("src/");
      if (ofProduct) used.add(name);
      if (!(ofProduct ? declared.includes(name) : declaredForTests.has(name))) {
        problems.push(problem(source.path, line, `"${name}" is not a declared dependency`));
      }
    }
  }
  for (const name of declared) {
    if (!used.has(name)) problems.push(problem("package.json", 1, `nothing in src/ imports "${name}"`));
  }
  for (const [name, version] of Object.entries({ ...lists.dependencies, ...lists.devDependencies })) {
    if (!/^\d+\.\d+\.\d+$/.test(version))
      problems.push(problem("package.json", 1, `"${name}" is not pinned to one version`));
    if (!document.includes(`\`${name}\``))
      problems.push(problem("docs/dependencies.md", 1, `does not mention "${name}"`));
  }
  return problems;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
