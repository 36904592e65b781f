import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { openConfiguredRegistry } from "../../src/open-configured-registry.ts";
import { followEvents } from "../../src/registry/list-events.ts";
import { registerPackage } from "../../src/registry/register-package.ts";
import { describeOnPostgres } from "../support/describe-on-postgres.ts";
import { requestFor, writeFiles } from "../support/open-registry.ts";
import { startPostgresProxy } from "../support/postgres-proxy.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";
import { createTestSchema } from "../support/test-postgres.ts";

describeOnPostgres("following the events of a PostgreSQL that is restarted", () => {
  it("goes on where it was", () =>
    withTemporaryDirectory(async (directory) => {
      const schema = await createTestSchema();
      const proxy = await startPostgresProxy(schema.url);
      const open = (url: string) =>
        openConfiguredRegistry({
          environment: { ARTIFACTSTORE_DATABASE_URL: url, ARTIFACTSTORE_ACTOR: "local:tester" },
          workingDirectory: directory,
        });
      const recorder = await open(schema.url);
      const follower = await open(proxy.url);
      const source = join(directory, "source");
      writeFiles(source, { "a.txt": "a" });
      const push = async (externalId: string) =>
        await registerPackage(recorder.registry, await requestFor(source, { externalId }));
      await push("one");
      const events = followEvents(follower.registry, {}, new AbortController().signal);
      const next = async () => (await events.next()).value?.sequence;
      assert.deepEqual([await next(), await next()], [1, 2]);
      await push("two");
      // Looking and listening both come in vain, more than once.
      const down = proxy.failFor(6);
      const rest = (async () => {
        const sequences = [];
        while (sequences.length < 6) sequences.push(await next());
        return sequences;
      })();
      await down;
      assert.deepEqual(await rest, [3, 4, 5, 6, 7, 8]);
      await events.return(undefined);
      await follower.close();
      await recorder.close();
      await proxy.close();
      await schema.drop();
    }));
});
