import { ArtifactstoreError } from "../core/errors.ts";
import { NAME_RULES, type NameKind } from "../core/identifiers.ts";

/** One rule: packages of this producer and retention class go to all these backends. */
export interface StorageRoute {
  /** `*` for any. */
  readonly producer: string;
  /** `*` for any. */
  readonly retentionClass: string;
  /** Ids, at least one, none twice, in the order written. */
  readonly backends: readonly string[];
}

/** In the order written: the first that matches counts. */
export type StorageRoutes = readonly StorageRoute[];

export const ROUTES_DEFAULT = "*:*=local";

/** More is a mistake, not a configuration. */
const ROUTES_MAX = 1000;
const BACKENDS_PER_ROUTE_MAX = 16;

/**
 * Reads `guide-board:release-evidence=s3,*:*=local+ceph-b`: rules of the form `producer:retention_class=backend`,
 * several backends joined by `+`, `*` for any producer or class. White space around a part is passed over.
 * Throws `configuration`, naming the part that is wrong.
 */
export function parseRoutes(text: string): StorageRoutes {
  const rules = text.split(",");
  if (rules.length > ROUTES_MAX) throw refused(text, `there are more than ${ROUTES_MAX} rules`);
  return rules.map(parseRoute);
}

export function formatRoutes(routes: StorageRoutes): string {
  return routes
    .map(({ producer, retentionClass, backends }) => `${producer}:${retentionClass}=${backends.join("+")}`)
    .join(",");
}

/** The backends of a package. Throws `configuration` if no rule matches. */
export function routeFor(routes: StorageRoutes, producer: string, retentionClass: string): readonly string[] {
  const route = routes.find(
    (rule) =>
      (rule.producer === "*" || rule.producer === producer) &&
      (rule.retentionClass === "*" || rule.retentionClass === retentionClass),
  );
  if (route === undefined) {
    throw new ArtifactstoreError(
      "configuration",
      `Cannot route a package of producer "${producer}" and retention class "${retentionClass}": no rule of "${formatRoutes(routes)}" matches`,
    );
  }
  return route.backends;
}

/** Every backend that some rule names, once, in the order of their first mention. */
export function routedBackends(routes: StorageRoutes): readonly string[] {
  return [...new Set(routes.flatMap((route) => route.backends))];
}

function parseRoute(rule: string): StorageRoute {
  const [selector, targets, ...more] = rule.split("=");
  if (selector === undefined || targets === undefined || more.length > 0) {
    throw refused(rule, "it is not of the form producer:retention_class=backend");
  }
  // A producer may hold a colon; a retention class cannot.
  const colon = selector.lastIndexOf(":");
  if (colon === -1) throw refused(rule, `"${selector.trim()}" is not of the form producer:retention_class`);
  const producer = selector.slice(0, colon).trim();
  const retentionClass = selector.slice(colon + 1).trim();
  if (producer !== "*") {
    checkPart(rule, "producer", producer);
    if (producer.includes("*")) throw refused(rule, `"*" stands for any producer, not for a part of one`);
  }
  if (retentionClass !== "*") checkPart(rule, "retention class", retentionClass);
  const backends = targets.split("+").map((target) => target.trim());
  if (backends.length > BACKENDS_PER_ROUTE_MAX) {
    throw refused(rule, `it names more than ${BACKENDS_PER_ROUTE_MAX} backends`);
  }
  for (const [index, backend] of backends.entries()) {
    checkPart(rule, "storage backend", backend);
    if (backends.indexOf(backend) !== index) throw refused(rule, `it names backend "${backend}" twice`);
  }
  return { producer, retentionClass, backends };
}

function checkPart(rule: string, kind: NameKind, text: string): void {
  const broken = NAME_RULES[kind](text);
  if (broken !== undefined) throw refused(rule, `"${text}" is no ${kind}: ${broken}`);
}

function refused(rule: string, reason: string): ArtifactstoreError {
  return new ArtifactstoreError(
    "configuration",
    `Cannot read storage route "${rule.trim().slice(0, 200)}": ${reason}`,
  );
}
