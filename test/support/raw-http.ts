import { connect } from "node:net";

/**
 * Sends bytes over a connection of their own, for what no client would send, and answers all that came back until the
 * server closed it.
 *
 * @param parts a part is sent when the one before it is with the system; `undefined` ends the sending side
 */
export function rawRequest(url: string, parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const socket = connect(Number(port), hostname, () => {
      for (const part of parts) socket.write(part);
    });
    socket.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    const done = () => resolve(Buffer.concat(chunks).toString("latin1"));
    socket.on("end", () => {
      socket.end();
      done();
    });
    socket.on("close", done);
    socket.on("error", (error) => (chunks.length > 0 ? done() : reject(error)));
  });
}
