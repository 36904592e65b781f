import process from "node:process";
import { countByStatus } from "../registry/count-by-status.ts";
import { logHead } from "../registry/log-head.ts";
import type { ApiServices } from "./api-services.ts";
import type { Gauge } from "./metrics.ts";

const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

/** What is counted, and what is so at this moment. */
export async function renderMetrics(services: ApiServices): Promise<Response> {
  const { registry } = services;
  const [{ sequence }, packages] = await Promise.all([logHead(registry), countByStatus(registry)]);
  const { rss } = process.memoryUsage();
  const gauge = (name: string, help: string, value: number): Gauge => ({ name, help, values: [["", value]] });
  const text = services.metrics.render([
    gauge("artifactstore_http_requests_running", "Requests under way", services.state.runningRequests),
    gauge(
      "artifactstore_uploads_running",
      "Requests with bodies of files under way",
      services.state.runningUploads,
    ),
    gauge("artifactstore_event_followers", "Followers of the event stream", services.feed.followerCount),
    gauge("artifactstore_log_sequence", "Sequence of the last event", sequence),
    {
      name: "artifactstore_packages",
      help: "Packages by state",
      values: [...packages].map(([status, total]) => [`status="${status}"`, total]),
    },
    gauge("process_resident_memory_bytes", "Resident memory", rss),
    gauge("process_start_time_seconds", "Start since 1970", Date.now() / 1000 - process.uptime()),
  ]);
  return new Response(text, { headers: { "Content-Type": PROMETHEUS, "Cache-Control": "no-store" } });
}
