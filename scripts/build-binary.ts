import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BINARY, bunPath, ENTRIES, ROOT } from "./project.ts";
import { requireTool, runTool } from "./run-tool.ts";

export interface BuildOptions {
  /** Absolute; `dist/artifactstore` unless given. */
  readonly outputPath?: string;
  /** As `bun build --target` takes it: `bun-linux-arm64`. This machine unless given. */
  readonly target?: string;
}

/**
 * Compiles the program into one executable, which appears at its place whole.
 *
 * - Source maps inside cost no start-up, and stack traces then name our files and lines.
 * - Bytecode wants `--format=esm`; splitting keeps what a command does not load out of its start-up.
 * - `--entry-naming` puts both entries side by side, where the threads look for theirs.
 * - Without the two `--no-compile-autoload` flags the binary would obey the `bunfig.toml` and `.env` of whatever
 *   directory it is started in: a `preload` there would run.
 */
export async function buildBinary(options: BuildOptions = {}): Promise<string> {
  const outputPath = options.outputPath ?? BINARY;
  mkdirSync(dirname(outputPath), { recursive: true });
  const workDirectory = mkdtempSync(join(dirname(outputPath), ".build-"));
  try {
    const made = join(workDirectory, basename(outputPath));
    await requireTool(bunPath(), [
      "build",
      ...["--compile", "--bytecode", "--format=esm", "--splitting", "--sourcemap=inline"],
      ...["--no-compile-autoload-bunfig", "--no-compile-autoload-dotenv"],
      ...["--entry-naming", "[name].[ext]"],
      ...["--define", `ARTIFACTSTORE_BUILD_COMMIT=${JSON.stringify(await commitOfCheckout())}`],
      ...(options.target === undefined ? [] : [`--target=${options.target}`]),
      ...["--outfile", made],
      ...ENTRIES.map((entry) => join(ROOT, entry)),
    ]);
    renameSync(made, outputPath);
  } finally {
    rmSync(workDirectory, { recursive: true, force: true });
  }
  return outputPath;
}

/** The commit's hash, with `+` if files differ from it; `unknown` outside a checkout. */
async function commitOfCheckout(): Promise<string> {
  try {
    const head = await runTool("git", ["rev-parse", "HEAD"]);
    if (head.exitCode !== 0) return "unknown";
    const status = await runTool("git", ["status", "--porcelain", "--untracked-files=no"]);
    return head.stdout.trim() + (status.stdout === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}
