import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isClearOf } from "../../src/registry/is-clear-of.ts";
import { PACKAGE, withServer } from "../support/http-server.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { bytesOf, clientOf } from "../support/remote-client.ts";

describe("a package that has files already", () => {
  it("is asked once about many files, unless one of its own may be in the way", () =>
    withServer(async (server) => {
      const { packages, packageFiles } = clientOf(server);
      const { id } = await packages.create(PACKAGE);
      await packageFiles.addArchive(id, [
        { path: "d/m", bytes: bytesOf("1") },
        { path: "e", bytes: bytesOf("1") },
      ]);
      const isClear = (...paths: string[]) =>
        server.registry.database.read((reader) => isClearOf(reader, id, paths));
      assert.deepEqual(
        await Promise.all([
          isClear("a", "b/c"),
          isClear("d/n", "d/o"),
          isClear("f", "g/h"),
          isClear("d/m"),
          isClear("d/a", "d/z"),
          isClear("e/x"),
          isClear("f/x", "e/y/z"),
          isClear("d", "d-1"),
        ]),
        [true, true, true, false, false, false, false, false],
      );
      const add = (...paths: string[]) =>
        packageFiles.addArchive(
          id,
          paths.map((path) => ({ path, bytes: bytesOf("1") })),
        );
      assert.equal((await add("f", "g/h")).reused_count, 0);
      assert.equal((await add("d/a", "d/m")).reused_count, 1);
      for (const paths of [["e/x"], ["d"], ["d", "d-1"]])
        await rejectsWithCode("path_conflict", () => add(...paths));
    }));
});
