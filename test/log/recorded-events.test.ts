import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeCanonicalCbor } from "../../src/core/canonical-cbor.ts";
import { eventPages } from "../../src/log/read-events.ts";
import { cddlViolation } from "../support/cddl.ts";
import { documentedEventTypes, eventRules } from "../support/event-rules.ts";
import { recordEverything } from "../support/record-everything.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

describe("what a registry records", () => {
  it("is as docs/events.md says, for every type of event", () =>
    withTemporaryDirectory(async (directory) => {
      const { registry, close } = await recordEverything(directory);
      const pages = await registry.database.read((reader) => Array.fromAsync(eventPages(reader)));
      await close();
      const events = pages.flat();
      const types = new Set(events.map((event) => event.event_type));
      assert.deepEqual([...types].toSorted(), documentedEventTypes.toSorted());
      const causes = new Set<unknown>();
      for (const { sequence, event_type, payload } of events) {
        const value = decodeCanonicalCbor(payload);
        assert.equal(cddlViolation(eventRules, event_type, value), undefined, `event ${sequence}`);
        causes.add((value as { cause?: unknown }).cause);
      }
      assert.ok(causes.has("routed") && causes.has("restored"));
    }));
});
