import { archiveRoutes } from "./resources/archives.ts";
import { documentationRoutes } from "./resources/documentation.ts";
import { eventRoutes } from "./resources/events.ts";
import { fileRoutes } from "./resources/files.ts";
import { healthRoutes } from "./resources/health.ts";
import { manifestRoutes } from "./resources/manifests.ts";
import { metadataSchemaRoutes } from "./resources/metadata-schemas.ts";
import { packageFileRoutes } from "./resources/package-files.ts";
import { packageRoutes } from "./resources/packages.ts";
import { referenceRoutes } from "./resources/references.ts";
import { retentionRoutes } from "./resources/retention.ts";
import { serviceRoutes } from "./resources/service.ts";
import { uploadRoutes } from "./resources/uploads.ts";
import type { Route } from "./route.ts";

/** Every route of the API, by resource. The OpenAPI document is made of the same table. */
export const RESOURCES: Readonly<Record<string, readonly Route[]>> = {
  service: serviceRoutes,
  documentation: documentationRoutes,
  health: healthRoutes,
  packages: packageRoutes,
  "package-files": packageFileRoutes,
  manifests: manifestRoutes,
  uploads: uploadRoutes,
  references: referenceRoutes,
  files: fileRoutes,
  archives: archiveRoutes,
  retention: retentionRoutes,
  "metadata-schemas": metadataSchemaRoutes,
  events: eventRoutes,
};
