import { matchPath } from "./match-path.ts";
import { RESOURCES } from "./resources.ts";

/** The methods of the resource at a path, with those that every resource has; none if there is no such resource. */
export function allowedMethods(pathname: string): string[] {
  const methods = new Set<string>();
  for (const route of Object.values(RESOURCES).flat()) {
    if (matchPath(route.path, pathname) === undefined) continue;
    methods.add(route.method);
    if (route.method === "GET") methods.add("HEAD");
  }
  if (methods.size > 0) methods.add("OPTIONS");
  return [...methods].sort();
}
