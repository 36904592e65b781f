import { parseContentAddress } from "../core/content-address.ts";
import { ArtifactstoreError } from "../core/errors.ts";
import type { ManifestFile } from "../core/manifest.ts";
import { escapeForTerminal, quoteForTerminal } from "../core/terminal-text.ts";
import { RELIEF_FILES } from "../registry/memory-relief.ts";
import type { PullOptions, PullResult } from "../registry/pull-package.ts";
import { restoreTree } from "../registry/restore-tree.ts";
import type { TargetTree } from "../registry/target-tree.ts";
import { Gate } from "./gate.ts";
import { listedFiles } from "./listed-files.ts";
import { receiveFile } from "./receive-file.ts";
import type { RemoteRegistry } from "./remote-registry.ts";

/** Files from this size on take turns. Bytes. */
const LARGE_MIN_BYTES = 1_048_576;

/** How many of them are received at once. Count. */
const LARGE_AT_ONCE = 4;

/**
 * As `pullPackage`, through a server: the manifest is held against its digest, and each file against the manifest before
 * it gets its name. Throws `blob_damaged` where what comes is something else.
 */
export async function pullRemotely(
  remote: RemoteRegistry,
  packageId: string,
  directory: string,
  options: PullOptions = {},
): Promise<PullResult> {
  const { client } = remote;
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const { manifest, digest } = await client.packages.manifest(packageId, call);
  if (manifest.files.length >= RELIEF_FILES) remote.collectGarbage();
  const listed = await listedFiles(remote, packageId, options.signal);
  const large = new Gate(LARGE_AT_ONCE);
  const restore = async (file: ManifestFile, tree: TargetTree) => {
    const id = listed.get(file.path)?.id;
    if (id === undefined) throw wrong(file, "the server does not list it");
    const expected = { ...file, id };
    const problem = await tree.withSlot(file.path, async (slot) => {
      try {
        const target = { path: slot.temporaryPath, name: file.path, mode: tree.probed.fileMode, ...call };
        const receive = () => receiveFile(remote, expected, target);
        const isLarge = file.size_bytes >= LARGE_MIN_BYTES;
        const found = await (isLarge ? large.through(receive) : receive());
        if (found === undefined) slot.place();
        return found;
      } catch (error) {
        slot.discard();
        throw error;
      }
    });
    if (problem !== undefined) throw wrong(file, problem);
    return [];
  };
  const restored = await restoreTree(remote, packageId, manifest, directory, options, restore);
  return {
    packageId,
    manifestDigest: parseContentAddress(digest),
    fileCount: manifest.files.length,
    bytes: restored.bytes,
    directory: restored.directory,
    warnings: restored.warnings,
  };
}

function wrong({ path }: ManifestFile, state: string): ArtifactstoreError {
  return new ArtifactstoreError("blob_damaged", `Cannot pull ${quoteForTerminal(path)}: ${state}`, {
    errors: [{ pointer: escapeForTerminal(path), message: state }],
  });
}
