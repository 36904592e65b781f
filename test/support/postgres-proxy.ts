import { connect, createServer, type Socket } from "node:net";

/** Stands between a program and a server, and can break the line when something passes. */
export interface PostgresProxy {
  /** The URL of the database, through here. */
  readonly url: string;
  /** From now on: what the program sends passes, and once it holds `text`, the server's answer does not. */
  loseAnswerTo(text: string): void;
  /** Ends every connection and each that comes, until so many have come in vain; the promise resolves then. */
  failFor(connections: number): Promise<void>;
  close(): Promise<void>;
}

export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let lostAfter: string | undefined;
  let turnAway: (() => void) | undefined;
  const server = createServer((client) => {
    if (turnAway !== undefined) {
      client.on("error", () => {});
      client.destroy();
      turnAway();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    let losing = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    client.on("data", (chunk) => {
      losing ||= lostAfter !== undefined && chunk.includes(lostAfter);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (losing) client.destroy();
      else client.write(chunk);
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  url.port = String(typeof address === "object" && address !== null ? address.port : 0);
  return {
    url: url.href,
    loseAnswerTo(text) {
      lostAfter = text;
    },
    failFor(connections) {
      let left = connections;
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        turnAway = () => {
          left -= 1;
          if (left > 0) return;
          turnAway = undefined;
          resolve();
        };
      });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
