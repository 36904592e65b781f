import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type AnyCommand, defineCommand } from "../../src/cli/command.ts";
import type { CommandContext } from "../../src/cli/command-context.ts";
import type { CommandEntry } from "../../src/cli/command-table.ts";
import { ArtifactstoreError, ERRORS, type ErrorCode } from "../../src/core/errors.ts";
import { type CliRun, runCliHere } from "../support/run-cli.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

function entry(name: string, command: AnyCommand): CommandEntry {
  return { name, summary: `Does ${name}`, load: async () => ({ command }) };
}

/** One command, `do`, that does this. */
function doing(run: (context: CommandContext) => Promise<number | undefined>): CommandEntry[] {
  return [entry("do", defineCommand({ arguments: {}, run }))];
}

describe("the command line", () => {
  it("prints its version without a newline too many", async () => {
    for (const argv of [["version"], ["--version"], ["-V"]]) {
      const { exitCode, stdout, stderr } = await runCliHere(argv);
      assert.equal(exitCode, 0);
      assert.match(stdout, /^artifactstore \d+\.\d+\.\d+\n$/);
      assert.equal(stderr, "");
    }
  });

  it("tells what it is built of", async () => {
    const { stdout } = await runCliHere(["version", "--verbose"]);
    const told = JSON.parse(stdout);
    assert.deepEqual(Object.keys(told), ["version", "commit", "runtime", "compiled", "target", "blake3"]);
    assert.equal(told.compiled, false);
  });

  it("lists its commands when asked, and on standard error when not", async () => {
    const asked = await runCliHere(["--help"]);
    assert.equal(asked.exitCode, 0);
    assert.match(asked.stdout, /version/);
    const unasked = await runCliHere([]);
    assert.equal(unasked.exitCode, 2);
    assert.equal(unasked.stdout, "");
    assert.equal(unasked.stderr, asked.stdout);
    assert.equal((await runCliHere(["help"])).stdout, asked.stdout);
  });

  it("has help for every command, of every kind of argument", async () => {
    for (const argv of [
      ["config", "--help"],
      ["config", "-h"],
      ["help", "config"],
    ]) {
      const { exitCode, stdout } = await runCliHere(argv);
      assert.equal(exitCode, 0);
      assert.match(stdout, /--quiet/);
      assert.match(stdout, /--database-url/);
      assert.ok(!stdout.includes("\u001b"));
    }
  });

  it("finds commands of two words, and the help of their group", async () => {
    const ran: string[] = [];
    const commands = ["log head", "log replay"].map((name) =>
      entry(name, defineCommand({ arguments: {}, run: async () => ran.push(name) - 1 })),
    );
    assert.equal((await runCliHere(["log", "replay"], { commands })).exitCode, 0);
    assert.deepEqual(ran, ["log replay"]);
    const help = await runCliHere(["log", "--help"], { commands });
    assert.equal(help.exitCode, 0);
    assert.match(help.stdout, /replay +Does log replay/);
    assert.equal((await runCliHere(["log"], { commands })).exitCode, 2);
    assert.equal((await runCliHere(["log", "haed"], { commands })).exitCode, 2);
  });

  for (const argv of [["vresion"], ["version", "--nope"], ["version", "more"], ["--nope"], ["constructor"]]) {
    it(`refuses "${argv.join(" ")}" as usage`, async () => {
      const { exitCode, stdout, stderr } = await runCliHere(argv);
      assert.equal(exitCode, 2);
      assert.equal(stdout, "");
      assert.match(stderr, /^artifactstore: .*\(usage\)\n$/);
    });
  }

  it("proposes the command that was most likely meant", async () => {
    assert.match((await runCliHere(["vresion"])).stderr, /"version"/);
  });

  it("gives arguments their values", async () => {
    let seen: unknown;
    const command = defineCommand({
      arguments: {
        directory: { type: "positional", description: "d" },
        exclude: { type: "string", multiple: true, description: "d" },
        format: { type: "enum", options: ["json", "cbor"], description: "d" },
      },
      async run(_context, { directory, exclude, format }) {
        seen = [directory, exclude, format];
        return undefined;
      },
    });
    const { exitCode } = await runCliHere(["push", "DIR", "--exclude", "a"], {
      commands: [entry("push", command)],
    });
    assert.equal(exitCode, 0);
    assert.deepEqual(seen, ["DIR", ["a"], undefined]);
  });
});

describe("results", () => {
  it("are JSON, indented, with one newline at the end and nothing that a terminal obeys", async () => {
    const value = { name: "a\u0007\u009b\u202e\u{e0001}ü", n: 1 };
    const commands = doing(async ({ out }) => {
      await out.json(value);
      return 0;
    });
    const { stdout } = await runCliHere(["do"], { commands });
    assert.deepEqual(JSON.parse(stdout), value);
    assert.match(stdout, /^\{\n {2}"name"/);
    assert.match(stdout, /\}\n$/);
    assert.ok(!/[\u0007\u009b\u202e]|\u{e0001}/u.test(stdout));
    assert.match(stdout, /ü/);
  });

  const outputError = new ArtifactstoreError("output_unavailable", "Cannot write the result");
  const told = "artifactstore: Cannot write the result (output_unavailable)\n";
  const losses: readonly (readonly [string, CliRun, number, string])[] = [
    ["quietly once nobody reads", {}, 141, ""],
    ["with a failure once they cannot be written", { outputError }, 7, told],
  ];
  for (const [name, loss, exit, message] of losses) {
    it(`are dropped ${name}, and the command is asked to stop`, async () => {
      let rounds = 0;
      const commands = doing(async ({ out, signal }) => {
        for (; rounds < 1000; rounds += 1) {
          await out.jsonLine(rounds);
          signal.throwIfAborted();
        }
        return 0;
      });
      const { exitCode, stdout, stderr } = await runCliHere(["do"], { ...loss, commands, readsOutput: 3 });
      assert.deepEqual([exitCode, stdout, stderr, rounds], [exit, "0\n1\n2\n", message, 3]);
    });
  }

  const ending = (exit: number) =>
    doing(async ({ out }) => {
      await out.json({});
      return exit;
    });

  it("that nobody reads are a failure of a command that was done, and of no other", async () => {
    const done = await runCliHere(["do"], { commands: ending(0), readsOutput: 0 });
    assert.deepEqual([done.exitCode, done.stderr], [141, ""]);
    assert.equal((await runCliHere(["do"], { commands: ending(5), readsOutput: 0 })).exitCode, 5);
  });

  it("that cannot be written are a failure that is told once", async () => {
    const run = { readsOutput: 0, outputError };
    const done = await runCliHere(["do"], { ...run, commands: ending(0) });
    assert.deepEqual([done.exitCode, done.stderr], [7, told]);
    const failed = await runCliHere(["do"], { ...run, commands: ending(5) });
    assert.deepEqual([failed.exitCode, failed.stderr], [5, done.stderr]);
  });

  for (const argv of [["--help"], ["version", "--help"], ["version"]]) {
    it(`count for "${argv.join(" ")}" too`, async () => {
      assert.equal((await runCliHere(argv, { readsOutput: 0 })).exitCode, 141);
      assert.equal((await runCliHere(argv, { readsOutput: 0, outputError })).exitCode, 7);
    });
  }
});

describe("failures", () => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    it(`${code} ends with its exit code, one line, and no result`, async () => {
      const commands = doing(async () => {
        throw new ArtifactstoreError(code, 'Cannot do it: "x" is so');
      });
      const { exitCode, stdout, stderr } = await runCliHere(["do"], { commands });
      assert.equal(exitCode, ERRORS[code].exit);
      assert.equal(stdout, "");
      assert.equal(stderr, `artifactstore: Cannot do it: "x" is so (${code})\n`);
    });
  }

  it("list every violation of the input, escaped", async () => {
    const commands = doing(async () => {
      const errors = [
        { pointer: "/a", message: "must be\u001b[31m red" },
        { pointer: "/b\n", message: "is missing" },
      ];
      throw new ArtifactstoreError("invalid_metadata", "Cannot use metadata", { errors });
    });
    const { exitCode, stderr } = await runCliHere(["do"], { commands });
    assert.equal(exitCode, 8);
    assert.equal(stderr.split("\n").length, 4);
    assert.ok(!stderr.includes("\u001b"));
  });

  it("of the program itself end with 1; the stack is shown at log level debug only", async () => {
    const commands = doing(async ({ loadConfig }) => {
      await loadConfig();
      throw new Error("broken", { cause: new Error("deeper") });
    });
    const plain = await runCliHere(["do"], { commands });
    assert.deepEqual([plain.exitCode, plain.stderr], [1, "artifactstore: broken (internal)\n"]);
    const debug = await runCliHere(["do"], { commands, environment: { ARTIFACTSTORE_LOG_LEVEL: "debug" } });
    assert.equal(debug.exitCode, 1);
    assert.match(debug.stderr, /at .*run-cli\.test\.ts/);
    assert.match(debug.stderr, /caused by .*deeper/);
  });

  it("of a command that cannot be loaded are failures of the program", async () => {
    const commands = [{ name: "do", summary: "", load: () => Promise.reject(new Error("gone")) }];
    assert.equal((await runCliHere(["do"], { commands })).exitCode, 1);
  });
});

describe("signals", () => {
  for (const [name, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`${name} aborts the command and ends with ${code}`, async () => {
      let raise: (name: "SIGINT" | "SIGTERM") => void = () => {};
      const commands = doing(async ({ signal }) => {
        raise(name);
        signal.throwIfAborted();
        raise(name);
        signal.throwIfAborted();
        return 0;
      });
      const { exitCode, stderr, forcedExit } = await runCliHere(["do"], {
        commands,
        onStart: (given) => {
          raise = given;
        },
      });
      assert.equal(exitCode, code);
      assert.match(stderr, new RegExp(name));
      assert.equal(forcedExit, undefined);
    });
  }

  it("a second one ends the process at once", async () => {
    let raise: (name: "SIGINT" | "SIGTERM") => void = () => {};
    const commands = doing(async ({ signal }) => {
      assert.equal(signal.aborted, false);
      raise("SIGINT");
      raise("SIGINT");
      return 0;
    });
    const { forcedExit } = await runCliHere(["do"], {
      commands,
      onStart: (given) => {
        raise = given;
      },
    });
    assert.equal(forcedExit, 130);
  });

  it("do not spoil the outcome of a command that was done", async () => {
    let raise: (name: "SIGINT" | "SIGTERM") => void = () => {};
    const commands = doing(async ({ signal }) => {
      assert.equal(signal.aborted, false);
      raise("SIGTERM");
      return 0;
    });
    const { exitCode } = await runCliHere(["do"], {
      commands,
      onStart: (given) => {
        raise = given;
      },
    });
    assert.equal(exitCode, 0);
  });
});

describe("notices and configuration", () => {
  const noisy = doing(async ({ notices, loadConfig, out }) => {
    const config = await loadConfig();
    assert.equal(await loadConfig(), config);
    await notices.info("note");
    await notices.warn("care");
    await out.text(`${config.settings.actor ?? ""}\n`);
    return 0;
  });

  it("go to standard error, the warnings of the configuration once", async () => {
    const environment = { ARTIFACTSTORE_PROT: "1" };
    const { stdout, stderr } = await runCliHere(["do", "--actor", "me"], { commands: noisy, environment });
    assert.equal(stdout, "me\n");
    assert.equal(stderr.split("\n").length, 4);
    assert.match(stderr, /^warning: .*ARTIFACTSTORE_PROT.*\nnote\nwarning: care\n$/);
  });

  it("are silent under --quiet", async () => {
    const environment = { ARTIFACTSTORE_PROT: "1" };
    const { stderr } = await runCliHere(["do", "--quiet"], { commands: noisy, environment });
    assert.equal(stderr, "");
  });

  it("a configuration that cannot be used ends with 2 and lists what is wrong", async () => {
    const environment = { ARTIFACTSTORE_PORT: "x", ARTIFACTSTORE_ANON_READ: "x" };
    const { exitCode, stdout, stderr } = await runCliHere(["config"], { environment });
    assert.deepEqual([exitCode, stdout], [2, ""]);
    assert.match(stderr, /ARTIFACTSTORE_PORT \(environment\)/);
    assert.match(stderr, /ARTIFACTSTORE_ANON_READ \(environment\)/);
  });

  it("config prints what is in force, from flags too", () =>
    withTemporaryDirectory(async (workingDirectory) => {
      writeFileSync(join(workingDirectory, "a.toml"), "port = 81");
      const { stdout, exitCode } = await runCliHere(["config", "--config", "a.toml", "--actor=x"], {
        workingDirectory,
      });
      assert.equal(exitCode, 0);
      const { settings } = JSON.parse(stdout);
      assert.deepEqual(settings.ARTIFACTSTORE_PORT, { value: 81, source: join(workingDirectory, "a.toml") });
      assert.deepEqual(settings.ARTIFACTSTORE_ACTOR, { value: "x", source: "--actor" });
    }));
});

describe("progress", () => {
  const commands = doing(async ({ startProgress }) => {
    const progress = startProgress("ingest");
    for (let files = 0; files < 10; files += 1) progress.update({ files, bytes: files, filesTotal: 10 });
    await progress.finish();
    return 0;
  });

  it("says nothing about work that is quickly done, on a terminal or not", async () => {
    assert.equal((await runCliHere(["do"], { commands })).stderr, "");
    assert.equal((await runCliHere(["do"], { commands, isTerminal: true })).stderr, "");
  });
});
