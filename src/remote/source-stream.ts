import { close, fstatSync, read } from "node:fs";
import { checkUnchanged, openSource, type SourceFile, sourceChanged } from "../dataplane/source-file.ts";

/** Read and handed over at once. Bytes. */
const CHUNK_BYTES = 1_048_576;

/**
 * The bytes of a walked file, as a request's body. The file that is opened is the one that was walked, and it is looked
 * at once more after its last byte, before that is handed over: a file that changes meanwhile is never sent whole.
 * Throws `source_changed`, `source_refused`; so does the stream.
 *
 * @param fromBytes where to begin
 */
export function sourceStream(source: SourceFile, fromBytes = 0): ReadableStream<Uint8Array> {
  const descriptor = openSource(source);
  let sent = fromBytes;
  const finish = () => close(descriptor, () => undefined);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await readAt(descriptor, sent);
          if (sent + chunk.length > source.sizeBytes) throw sourceChanged(source, "grew while it was read");
          if (chunk.length === 0 && sent < source.sizeBytes)
            throw sourceChanged(source, "shrank while it was read");
          sent += chunk.length;
          const isLast = sent === source.sizeBytes;
          if (isLast) checkUnchanged(source, fstatSync(descriptor));
          if (chunk.length > 0) controller.enqueue(chunk);
          if (!isLast) return;
          finish();
          controller.close();
        } catch (error) {
          finish();
          controller.error(error);
        }
      },
      cancel: finish,
    },
    { highWaterMark: 2 },
  );
}

function readAt(descriptor: number, offset: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  return new Promise((resolve, reject) => {
    read(descriptor, buffer, 0, buffer.length, offset, (error, count) => {
      if (error === null) resolve(buffer.subarray(0, count));
      else reject(error);
    });
  });
}
