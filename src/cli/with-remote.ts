import type { RegistryContext } from "../registry/registry-context.ts";
import type { RemoteRegistry } from "../remote/remote-registry.ts";
import type { CommandContext } from "./command-context.ts";
import type { ServerAddress } from "./server-address.ts";
import { withRegistry } from "./with-registry.ts";

/** The two ways in which one command does its work. */
export interface Ways<T> {
  readonly direct: (registry: RegistryContext) => Promise<T>;
  readonly remote: (remote: RemoteRegistry) => Promise<T>;
}

/** Works through the server where one is named, else on the registry itself. */
export async function withRegistryOrServer<T>(
  context: CommandContext,
  mode: "read" | "write",
  { direct, remote }: Ways<T>,
): Promise<T> {
  const server = await context.server();
  return server === undefined
    ? await withRegistry(context, mode, direct)
    : await withRemote(context, server, remote);
}

export async function withRemote<T>(
  context: CommandContext,
  { url, token }: ServerAddress,
  work: (remote: RemoteRegistry) => Promise<T>,
): Promise<T> {
  const { settings } = await context.loadConfig();
  const { openRemoteRegistry } = await import("../remote/open-remote-registry.ts");
  const opened = await openRemoteRegistry({
    baseUrl: url,
    threads: settings.ingestThreads,
    collectGarbage: context.runtime.collectGarbage,
    onRetry: ({ error, delayMs }) => {
      const state = error instanceof Error ? error.message : String(error);
      void context.notices.warn(`${state}; trying again in ${Math.ceil(delayMs / 1000)} s`);
    },
    ...(token === undefined ? {} : { token }),
  });
  try {
    return await work(opened.remote);
  } finally {
    await opened.close();
  }
}
