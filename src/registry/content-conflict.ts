import { ArtifactstoreError } from "../core/errors.ts";
import type { Manifest } from "../core/manifest.ts";
import { compareManifests } from "./compare-manifests.ts";

/**
 * The refusal of other content under a known external id, naming what differs: `retention_class_conflict` if it is the
 * class alone, else `content_conflict`.
 *
 * @param name of the package, quoted
 */
export function contentConflict(
  name: string,
  packageId: string,
  stored: Manifest,
  found: Manifest,
): ArtifactstoreError {
  const { count, listed } = compareManifests(stored, found);
  const onlyClass = count === 1 && listed[0]?.pointer === "/retention_summary/retention_class";
  const first = listed[0] === undefined ? "" : `: ${listed[0].pointer} ${listed[0].message}`;
  return new ArtifactstoreError(
    onlyClass ? "retention_class_conflict" : "content_conflict",
    `Cannot register package ${name} again: package "${packageId}" holds other content, ${count} ${count === 1 ? "difference" : "differences"}${first}`,
    { errors: listed },
  );
}
