import { ArtifactstoreError } from "../core/errors.ts";

export function routeNotFound(pathname: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "route_not_found",
    `Cannot find "${pathname.slice(0, 200)}": there is no such resource`,
  );
}
