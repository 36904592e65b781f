import { bunPath } from "./project.ts";
import { requireTool } from "./run-tool.ts";

/** Installs what the lock file says, nothing else; at once if it is all there. */
export async function installDependencies(): Promise<void> {
  await requireTool(bunPath(), ["install", "--frozen-lockfile"]);
}
