import type { RequestInfo } from "./request-info.ts";

/** Upper bounds of the buckets of durations. Seconds. */
const BUCKETS_SECONDS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

interface Series {
  readonly labels: string;
  requests: number;
  seconds: number;
  readonly buckets: number[];
}

/** What is counted of requests since the server started, in the text form of Prometheus (version 0.0.4). */
export class Metrics {
  readonly #byLabels = new Map<string, Series>();
  #bytesIn = 0;
  #bytesOut = 0;

  count(request: Request, response: Response, info: RequestInfo): void {
    const seconds = (performance.now() - info.startedAt) / 1000;
    const series = this.#series(knownMethod(request.method), info.route ?? "none", response.status);
    series.requests += 1;
    series.seconds += seconds;
    for (const [index, bound] of BUCKETS_SECONDS.entries()) {
      if (seconds <= bound) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
    }
    this.#bytesIn += info.bytesIn;
    this.#bytesOut += info.bytesOut;
  }

  /** @param gauges what is so at this moment, each with its help */
  render(gauges: readonly Gauge[]): string {
    const lines: string[] = [];
    const family = (name: string, type: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    family("artifactstore_http_requests_total", "counter", "Requests that were answered");
    for (const { labels, requests } of this.#byLabels.values()) {
      lines.push(`artifactstore_http_requests_total{${labels}} ${requests}`);
    }
    const duration = "artifactstore_http_request_duration_seconds";
    family(duration, "histogram", "From the head of a request to the end of its answer");
    for (const { labels, requests, seconds, buckets } of this.#byLabels.values()) {
      for (const [index, bound] of BUCKETS_SECONDS.entries()) {
        lines.push(`${duration}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`);
      }
      lines.push(
        `${duration}_bucket{${labels},le="+Inf"} ${requests}`,
        `${duration}_sum{${labels}} ${seconds}`,
        `${duration}_count{${labels}} ${requests}`,
      );
    }
    family("artifactstore_http_received_bytes_total", "counter", "Bytes of request bodies");
    lines.push(`artifactstore_http_received_bytes_total ${this.#bytesIn}`);
    family("artifactstore_http_sent_bytes_total", "counter", "Bytes of streamed answers");
    lines.push(`artifactstore_http_sent_bytes_total ${this.#bytesOut}`);
    for (const { name, help, values } of gauges) {
      family(name, "gauge", help);
      for (const [labels, value] of values)
        lines.push(`${name}${labels === "" ? "" : `{${labels}}`} ${value}`);
    }
    return `${lines.join("\n")}\n`;
  }

  #series(method: string, route: string, status: number): Series {
    const labels = `method="${method}",route="${route}",status="${status}"`;
    let series = this.#byLabels.get(labels);
    if (series === undefined) {
      series = { labels, requests: 0, seconds: 0, buckets: [] };
      this.#byLabels.set(labels, series);
    }
    return series;
  }
}

export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** By labels as they are printed; the empty text for none. */
  readonly values: readonly (readonly [string, number])[];
}

/** Methods come from outside: an unbounded set of them would be an unbounded set of series. */
function knownMethod(method: string): string {
  return ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].includes(method) ? method : "OTHER";
}
