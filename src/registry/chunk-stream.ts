/** Chunks as a stream that reads on when it is asked to, and lets go of its source when it is cancelled. */
export function chunkStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return streamOf(chunks, undefined);
}

/** The same when its first chunk is here; rejects with what fails before it. */
export async function startedStream(chunks: AsyncGenerator<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  return streamOf(chunks, await chunks.next());
}

function streamOf(
  chunks: AsyncGenerator<Uint8Array>,
  first: IteratorResult<Uint8Array> | undefined,
): ReadableStream<Uint8Array> {
  let waiting = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = waiting ?? (await chunks.next());
        waiting = undefined;
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
