/** One event of a stream. */
export interface StreamedEvent {
  /** What resumes after it. */
  readonly id: string | undefined;
  readonly data: string;
}

export type StreamPart = StreamedEvent | { readonly retryMs: number };

/**
 * Reads `text/event-stream` (HTML, section 9.2.6) piece by piece. An event whose end has not come is not told.
 */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #data: string[] = [];
  #id: string | undefined;

  *push(chunk: Uint8Array): Generator<StreamPart> {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a line end.
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + text.slice(whole.length);
    for (const line of lines) {
      const part = this.#line(line);
      if (part !== undefined) yield part;
    }
  }

  #line(line: string): StreamPart | undefined {
    if (line === "") {
      const data = this.#data;
      this.#data = [];
      return data.length === 0 ? undefined : { id: this.#id, data: data.join("\n") };
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]{1,7}$/.test(value)) return { retryMs: Number(value) };
    return undefined;
  }
}
