import { showFile } from "../../registry/show-file.ts";
import type { Exchange } from "../exchange.ts";
import { jsonAnswer } from "../openapi/json-content.ts";
import { ref } from "../openapi/schemas.ts";
import { jsonResponse } from "../respond.ts";
import type { Route } from "../route.ts";

export const fileRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/files/:file_id",
    scope: "read",
    operation: {
      id: "showFile",
      tag: "files",
      summary: "Show a file: path, media type, size, digests, package",
      responses: { "200": jsonAnswer("The file", ref("File")) },
      problems: ["file_not_found", "invalid_input"],
    },
    handle: show,
  },
];

async function show({ registry, principal, params }: Exchange): Promise<Response> {
  return jsonResponse(await showFile(registry, principal, params["file_id"] ?? ""));
}
