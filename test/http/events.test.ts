import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventFeed } from "../../src/http/events/event-feed.ts";
import { eventStream } from "../../src/http/events/event-stream.ts";
import { RecentEvents } from "../../src/http/events/recent-events.ts";
import { as, PACKAGE, type TestServer, withServer } from "../support/http-server.ts";

const FOLLOW = { Accept: "text/event-stream" };

interface Told {
  readonly id: string;
  readonly event: { readonly sequence: number; readonly event_type: string; readonly subject_id: string };
}

/** Follows until so many events have come, then leaves. */
async function follow(
  { fetch }: TestServer,
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<Told[]> {
  const left = new AbortController();
  const response = await fetch(path, { headers: { ...FOLLOW, ...headers }, signal: left.signal });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const told: Told[] = [];
  let text = "";
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  while (told.length < count) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the stream ended");
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, id, data] = /^id: (.+)\ndata: (.+)$/.exec(block) ?? [];
      if (id !== undefined && data !== undefined) told.push({ id, event: JSON.parse(data) });
    }
  }
  left.abort();
  await reader.cancel().catch(() => undefined);
  return told;
}

function sequences(told: readonly Told[]): number[] {
  return told.map(({ event }) => event.sequence);
}

describe("events over HTTP", () => {
  it("come in pages, from a sequence or a cursor on", async () => {
    await withServer(async ({ json, refused, createPackage }) => {
      const id = await createPackage();
      await createPackage();
      const first = await json(200, "/events?limit=3");
      assert.deepEqual(
        first.items.map(({ sequence }: { sequence: number }) => sequence),
        [1, 2, 3],
      );
      const second = await json(200, `/events?limit=3&cursor=${first.next_cursor}`);
      assert.deepEqual(
        second.items.map(({ sequence }: { sequence: number }) => sequence),
        [4],
      );
      assert.equal(second.next_cursor, null);
      assert.equal((await json(200, "/events?since=3")).items.length, 1);
      assert.equal((await json(200, `/events?subject=${id}`)).items.length, 2);
      await refused("cursor_foreign", `/events?cursor=01a207c8-eaa3-454f-be4b-95e9c6dae5b1.1`);
      await refused("invalid_input", "/events?cursor=nonsense");
      await refused("invalid_input", "/events?since=-1");
    });
  });

  it("are followed from the beginning into what is recorded later", async () => {
    await withServer(async (server) => {
      await server.createPackage();
      const following = follow(server, "/events", 6);
      await server.createPackage();
      await server.createPackage();
      assert.deepEqual(sequences(await following), [1, 2, 3, 4, 5, 6]);
    });
  });

  it("go on after the last one that came, none lost and none twice", async () => {
    await withServer(async (server) => {
      const seen: number[] = [];
      let last: string | undefined;
      for (let round = 0; round < 5; round++) {
        const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": last };
        const following = follow(server, "/events", 3, headers);
        await server.createPackage();
        await server.createPackage();
        const told = await following;
        seen.push(...sequences(told));
        last = told.at(-1)?.id;
      }
      assert.deepEqual(
        seen,
        Array.from(seen, (_, index) => index + 1),
      );
      const foreign = { headers: { ...FOLLOW, "Last-Event-ID": "01a207c8-eaa3-454f-be4b-95e9c6dae5b1.1" } };
      await server.refused("cursor_foreign", "/events", foreign);
      const beyond = { headers: { ...FOLLOW, "Last-Event-ID": `${last?.split(".")[0]}.9999` } };
      await server.refused("invalid_input", "/events", beyond);
    });
  });

  it("reach many followers, each once, while many write", async () => {
    await withServer(async (server) => {
      const followers = Array.from({ length: 16 }, () => follow(server, "/events", 200));
      await Promise.all(Array.from({ length: 100 }, () => server.createPackage()));
      const expected = Array.from({ length: 200 }, (_, index) => index + 1);
      for (const told of await Promise.all(followers)) assert.deepEqual(sequences(told), expected);
    });
  });

  it("are only those of its producer for a token that is limited", async () => {
    await withServer(async (server) => {
      const following = follow(server, "/events", 4, as("other"));
      await server.createPackage();
      const one = await server.createPackage({ producer: "others" });
      await server.createPackage();
      const two = await server.createPackage({ producer: "others" });
      const told = await following;
      assert.deepEqual(
        told.map(({ event }) => event.subject_id),
        [one, one, two, two],
      );
    });
  });

  it("are followed of one package alone", async () => {
    await withServer(async (server) => {
      const id = await server.createPackage();
      const following = follow(server, `/events?subject=${id}`, 3);
      await server.createPackage();
      await server.post(200, `/packages/${id}/abandon`, { reason: "r" });
      const told = await following;
      assert.deepEqual(
        told.map(({ event }) => event.event_type),
        ["v1.package.created", "v1.retention.default_applied", "v1.package.abandoned"],
      );
    });
  });

  it("end for followers when the server shuts down", async () => {
    await withServer(async ({ fetch, running, createPackage }) => {
      await createPackage();
      const response = await fetch("/events", { headers: FOLLOW });
      const text = response.text();
      assert.equal(await running.shutDown(5_000), true);
      assert.match(await text, /^retry: /);
    });
  });

  it("say that they are there when nothing happens", async () => {
    await withServer(async ({ registry, post }) => {
      await post(201, "/packages", PACKAGE);
      const stopped = new AbortController();
      const feed = new EventFeed(registry, stopped.signal);
      feed.join();
      const stream = eventStream(registry, feed, { since: 2, heartbeatMs: 10 }, stopped.signal);
      const told: string[] = [];
      for await (const text of stream) {
        told.push(text);
        if (text.startsWith(":")) break;
      }
      assert.deepEqual(told, ["retry: 1000\n\n", ": heartbeat\n\n"]);
      stopped.abort();
      await feed.close();
    });
  });
});

describe("what is remembered of the events", () => {
  it("has no gap: what was forgotten is not here", () => {
    const recent = new RecentEvents();
    assert.equal(recent.after(0, 10), undefined);
    recent.begin(5);
    assert.deepEqual(recent.after(5, 10), []);
    assert.equal(recent.after(4, 10), undefined);
    const add = (sequence: number, length: number) =>
      recent.add({ sequence, producer: undefined, text: "x".repeat(length) });
    add(6, 10);
    add(7, 10);
    assert.deepEqual(
      recent.after(5, 10)?.map(({ sequence }) => sequence),
      [6, 7],
    );
    assert.deepEqual(
      recent.after(5, 1)?.map(({ sequence }) => sequence),
      [6],
    );
    add(8, 4 * 1024 * 1024);
    assert.equal(recent.after(6, 10), undefined);
    assert.deepEqual(
      recent.after(7, 10)?.map(({ sequence }) => sequence),
      [8],
    );
    add(9, 5 * 1024 * 1024);
    assert.equal(recent.after(8, 10), undefined);
    assert.deepEqual(recent.after(9, 10), []);
  });
});
