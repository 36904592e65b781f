import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { ArtifactstoreError, isArtifactstoreError } from "../../core/errors.ts";
import { FORM_FIELD_MAX_BYTES, FORM_FIELDS_MAX } from "../../core/limits.ts";

/** A multipart form with one file: fields may stand before and after it. */
export interface IncomingForm {
  /** The bytes of the file, once it comes; to be read to their end. Throws `invalid_request` where there is none. */
  file(): Promise<AsyncIterable<Uint8Array>>;
  /** All fields, once the form has come whole. */
  fields(): Promise<ReadonlyMap<string, string>>;
}

/**
 * Reads a multipart form (RFC 7578) as it arrives; the sender is held back while the file is not read.
 *
 * Throws `invalid_request` for what is malformed or cut, a second file, a field that is given twice;
 * `limit_exceeded`; and what the body throws.
 *
 * @param fileField the name of the field with the file
 */
export function readForm(
  contentType: string,
  body: AsyncIterable<Uint8Array>,
  fileField: string,
): IncomingForm {
  const file = Promise.withResolvers<AsyncIterable<Uint8Array>>();
  const finished = Promise.withResolvers<ReadonlyMap<string, string>>();
  // Whoever reads the one may never come to ask for the other.
  file.promise.catch(() => undefined);
  finished.promise.catch(() => undefined);
  const fields = new Map<string, string>();
  const parser = createParser(contentType);
  let open: { destroy(error: Error): void } | undefined;
  const fail = (cause: unknown) => {
    const error = isArtifactstoreError(cause) ? cause : refused(messageOf(cause), cause);
    open?.destroy(error);
    file.reject(error);
    finished.reject(error);
    parser.destroy();
  };
  parser.on("file", (name, stream) => {
    if (name !== fileField || open !== undefined) {
      stream.resume();
      fail(refused(open === undefined ? `"${name}" is no field for a file` : "it has more than one file"));
      return;
    }
    open = stream;
    // Told to whoever reads the stream; without a listener it would end the process.
    stream.on("error", () => undefined);
    file.resolve(bytesOf(stream));
  });
  parser.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) {
      fail(
        new ArtifactstoreError(
          "limit_exceeded",
          `Cannot read the form: a field has more than ${FORM_FIELD_MAX_BYTES} bytes`,
        ),
      );
    } else if (fields.has(name)) fail(refused(`field "${name.slice(0, 80)}" is given twice`));
    else fields.set(name, value);
  });
  for (const limit of ["fieldsLimit", "partsLimit", "filesLimit"] as const) {
    parser.on(limit, () => fail(refused("it has too many fields")));
  }
  parser.on("error", fail);
  parser.on("finish", () => {
    file.reject(refused(`it has no file in field "${fileField}"`));
    finished.resolve(fields);
  });
  feed(parser, body).catch(fail);
  return { file: () => file.promise, fields: () => finished.promise };
}

/** What the parser says of a file that is cut is an error of its own making. */
async function* bytesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw isArtifactstoreError(error) ? error : refused(messageOf(error), error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function createParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      limits: {
        fieldSize: FORM_FIELD_MAX_BYTES,
        fieldNameSize: 128,
        fields: FORM_FIELDS_MAX,
        parts: FORM_FIELDS_MAX + 1,
        headerPairs: 32,
      },
    });
  } catch (cause) {
    throw refused("it has no boundary", cause);
  }
}

async function feed(parser: BusboyInstance, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    if (parser.destroyed) return;
    // The callback comes when the parser, and the file in it, have room again.
    await new Promise<void>((resolve, reject) => {
      parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length), (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
  if (!parser.destroyed) parser.end();
}

function refused(state: string, cause?: unknown): ArtifactstoreError {
  return new ArtifactstoreError("invalid_request", `Cannot read the form: ${state}`, { cause });
}
