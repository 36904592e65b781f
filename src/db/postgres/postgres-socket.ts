import { connect, isIP, type Socket } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { PostgresTarget } from "./postgres-target.ts";

/** "May we speak TLS?" (PostgreSQL documentation, section 55.7, SSLRequest): length 8, code 80877103. */
const TLS_REQUEST = new Uint8Array([0, 0, 0, 8, 4, 210, 22, 47]);

const YES = 0x53;
const NO = 0x4e;

/**
 * A socket on which the server waits for the first message, secured as the target wants it. Rejects with the error of
 * the network, of TLS, or one of its own with code `TLS_REFUSED` or `CONNECT_TIMEOUT`.
 *
 * @param timeoutMs 0: as long as it takes
 */
export async function openPostgresSocket(target: PostgresTarget, timeoutMs: number): Promise<Socket> {
  const plain = target.host.startsWith("/")
    ? connect(join(target.host, `.s.PGSQL.${target.port}`))
    : connect(target.port, target.host);
  plain.setNoDelay(true);
  let current = plain;
  // Whoever owns the socket listens, too; in between there is this, so that no error goes unheard.
  plain.on("error", () => {});
  const expired = Promise.withResolvers<never>();
  const expire = () => {
    expired.reject(failure("CONNECT_TIMEOUT", `no answer within ${timeoutMs} ms`));
    current.destroy();
  };
  const timer = timeoutMs === 0 ? undefined : setTimeout(expire, timeoutMs);
  try {
    await Promise.race([settled(plain, "connect"), expired.promise]);
    if (target.tlsMode === "disable") return plain;
    const secured = await Promise.race([askForTls(plain), expired.promise]);
    if (!secured) {
      if (target.tlsMode === "prefer") return plain;
      throw failure("TLS_REFUSED", "the server does not speak TLS");
    }
    current = connectTls({ socket: plain, ...tlsOptions(target) });
    current.on("error", () => {});
    await Promise.race([settled(current, "secureConnect"), expired.promise]);
    return current;
  } catch (error) {
    current.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    expired.promise.catch(() => {});
  }
}

async function askForTls(socket: Socket): Promise<boolean> {
  const answer = new Promise<Uint8Array>((resolve) => socket.once("data", resolve));
  const closed = Promise.withResolvers<never>();
  const onClose = () => closed.reject(failure("CONNECTION_CLOSED", "the server closed the connection"));
  socket.once("close", onClose);
  closed.promise.catch(() => {});
  socket.write(TLS_REQUEST);
  const bytes = await Promise.race([answer, closed.promise]);
  socket.off("close", onClose);
  // Anything more came before the handshake, in the clear, from whoever is in between (CVE-2021-23222).
  if (bytes.length === 1 && bytes[0] === YES) return true;
  if (bytes.length === 1 && bytes[0] === NO) return false;
  throw failure("PROTOCOL", "what answers is not PostgreSQL");
}

/**
 * `prefer` and `require` hinder those who listen, not those who pretend to be the server; with `sslrootcert`, `require`
 * checks the certificate as `verify-ca` does, as in libpq. `verify-full` compares the name, too.
 */
function tlsOptions({ host, tlsMode, tlsFiles }: PostgresTarget): ConnectionOptions {
  const verify = tlsMode.startsWith("verify-") || (tlsMode === "require" && tlsFiles.ca !== undefined);
  return {
    ...tlsFiles,
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    rejectUnauthorized: verify,
    ...(tlsMode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}

function settled(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    socket.once("error", reject);
    socket.once("close", () => reject(failure("CONNECTION_CLOSED", "the server closed the connection")));
  });
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
