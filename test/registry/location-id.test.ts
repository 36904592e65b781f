import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { v5 } from "uuid";
import { locationId } from "../../src/registry/location-id.ts";

describe("ids of storage locations", () => {
  it("are the UUIDs of version 5 that the library makes", () => {
    const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    assert.equal(locationId(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    for (const backend of ["local", "s3", "é", "x".repeat(200)]) {
      const file = "0190b1c2-0000-7000-8000-000000000001";
      assert.equal(locationId(file, backend), v5(backend, file), backend);
    }
  });
});
