import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Config, SettingOverrides } from "../../src/config/config.ts";
import { describeConfig } from "../../src/config/describe-config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { BACKEND_ID_MAX_LENGTH } from "../../src/core/limits.ts";
import { rejectsWithCode } from "../support/rejects-with-code.ts";
import { withTemporaryDirectory } from "../support/temporary-directory.ts";

interface Sources {
  readonly toml?: string;
  readonly envFile?: string;
  readonly environment?: Record<string, string>;
  readonly overrides?: SettingOverrides;
}

/** The TOML file lies in `etc/` below the working directory, so that relative paths tell the two apart. */
async function load(sources: Sources, look: (config: Config, directory: string) => void): Promise<void> {
  await withTemporaryDirectory(async (directory) => {
    const environment: Record<string, string> = { ...sources.environment };
    if (sources.toml !== undefined) {
      mkdirSync(join(directory, "etc"));
      writeFileSync(join(directory, "etc", "artifactstore.toml"), sources.toml);
      environment["ARTIFACTSTORE_CONFIG"] = "./etc/artifactstore.toml";
    }
    if (sources.envFile !== undefined) writeFileSync(join(directory, ".env"), sources.envFile);
    const overrides = sources.overrides ?? {};
    look(await loadConfig({ environment, workingDirectory: directory, overrides }), directory);
  });
}

function refuses(sources: Sources) {
  return rejectsWithCode(
    "configuration",
    load(sources, () => {}),
  );
}

describe("configuration", () => {
  it("takes no time-out that nobody can count", async () => {
    const names = ["SQLITE_BUSY", "POSTGRES_CONNECT", "POSTGRES_LOCK", "POSTGRES_STATEMENT", "POSTGRES_IDLE"];
    for (const name of names) {
      const variable = `ARTIFACTSTORE_${name}_TIMEOUT_MS`;
      for (const good of ["0", "2147483647"]) await load({ environment: { [variable]: good } }, () => {});
      await refuses({ environment: { [variable]: "2147483648" } });
    }
  });

  it("has defaults", () =>
    load({}, ({ settings, sources, backends, warnings }, directory) => {
      assert.deepEqual(settings.databaseUrl, {
        kind: "sqlite",
        path: join(directory, "var/artifactstore.db"),
      });
      assert.equal(settings.storageLocalRoot, join(directory, "var/storage"));
      assert.equal(settings.storageLocalPackMaxBytes, 65_536);
      assert.equal(settings.storageBackendRoutes, "*:*=local");
      assert.equal(settings.host, "127.0.0.1");
      assert.equal(settings.port, 8000);
      assert.equal(settings.retentionSweepIntervalSeconds, 3600);
      assert.equal(settings.orphanGraceSeconds, 86_400);
      assert.equal(settings.anonRead, false);
      assert.equal(settings.apiUrl, undefined);
      assert.equal(sources.port.kind, "default");
      assert.deepEqual([backends, warnings], [[], []]);
    }));

  it("lets later sources win", async () => {
    const toml = "port = 1";
    const envFile = "ARTIFACTSTORE_PORT=2";
    const environment = { ARTIFACTSTORE_PORT: "3" };
    const overrides = { port: { flag: "--port", text: "4" } };
    await load({ toml }, ({ settings, sources }) =>
      assert.deepEqual([settings.port, sources.port.kind], [1, "file"]),
    );
    await load({ toml, envFile }, ({ settings, sources }) =>
      assert.deepEqual([settings.port, sources.port.kind], [2, "env_file"]),
    );
    await load({ toml, envFile, environment }, ({ settings, sources }) =>
      assert.deepEqual([settings.port, sources.port.kind], [3, "environment"]),
    );
    await load({ toml, envFile, environment, overrides }, ({ settings, sources }) =>
      assert.deepEqual([settings.port, sources.port], [4, { kind: "flag", flag: "--port" }]),
    );
  });

  it("starts relative paths at the working directory, those of the TOML file at its directory", async () => {
    const toml = 'storage_local_root = "./blobs"\ndatabase_url = "sqlite:./a.db"';
    await load({ toml }, ({ settings }, directory) => {
      assert.equal(settings.storageLocalRoot, join(directory, "etc/blobs"));
      assert.deepEqual(settings.databaseUrl, { kind: "sqlite", path: join(directory, "etc/a.db") });
    });
    await load(
      { toml, environment: { ARTIFACTSTORE_STORAGE_LOCAL_ROOT: "blobs" } },
      ({ settings }, directory) => assert.equal(settings.storageLocalRoot, join(directory, "blobs")),
    );
  });

  it("takes an empty text as not set", () =>
    load(
      { toml: "port = 9000", environment: { ARTIFACTSTORE_PORT: "", ARTIFACTSTORE_API_URL: "" } },
      ({ settings }) => {
        assert.equal(settings.port, 9000);
        assert.equal(settings.apiUrl, undefined);
      },
    ));

  it("finds the TOML file through .env too", () =>
    withTemporaryDirectory(async (directory) => {
      writeFileSync(join(directory, ".env"), "ARTIFACTSTORE_CONFIG=a.toml\n");
      writeFileSync(join(directory, "a.toml"), 'actor = "ci"');
      const { settings } = await loadConfig({ environment: {}, workingDirectory: directory });
      assert.equal(settings.actor, "ci");
    }));

  it("reads the names of the State Hub, without a prefix", () =>
    load(
      { environment: { STATE_HUB_URL: "http://hub:1/", STATE_HUB_TASK_ID: "t", GUIDE_BOARD_RUN_DIR: "run" } },
      ({ settings }, directory) => {
        assert.equal(settings.stateHubUrl, "http://hub:1");
        assert.equal(settings.stateHubTaskId, "t");
        assert.equal(settings.guideBoardRunDir, join(directory, "run"));
      },
    ));

  it("warns of unknown names in the environment and in .env, and proposes the near one", () =>
    load(
      {
        envFile: "ARTIFACTSTORE_HOTS=x\nOTHER=1\n",
        environment: { ARTIFACTSTORE_PROT: "1", ARTIFACTSTORE_TEST_X: "1" },
      },
      ({ warnings }) => {
        assert.equal(warnings.length, 2);
        assert.match(warnings.join("\n"), /ARTIFACTSTORE_HOST"/);
        assert.match(warnings.join("\n"), /ARTIFACTSTORE_PORT"/);
      },
    ));

  it("refuses unknown keys and wrong types in TOML, all at once", async () => {
    const toml = 'prot = 1\nport = "8000"\nanon_read = "true"\nconfig = "x"\n[hosts]\na = 1\n';
    const error = await refuses({ toml });
    assert.deepEqual(
      error.errors.map(({ pointer }) => pointer),
      ["/prot", "/port", "/anon_read", "/config", "/hosts"],
    );
  });

  const badValues: readonly (readonly [string, string])[] = [
    ["ARTIFACTSTORE_PORT", "65536"],
    ["ARTIFACTSTORE_PORT", "080"],
    ["ARTIFACTSTORE_ORPHAN_GRACE_SECONDS", "-1"],
    ["ARTIFACTSTORE_ORPHAN_GRACE_SECONDS", "1e3"],
    ["ARTIFACTSTORE_STORAGE_LOCAL_PACK_MAX_BYTES", "9007199254740993"],
    ["ARTIFACTSTORE_ANON_READ", "maybe"],
    ["ARTIFACTSTORE_LOG_LEVEL", "loud"],
    ["ARTIFACTSTORE_API_URL", "ftp://host/"],
    ["ARTIFACTSTORE_API_URL", "host:8000:1"],
    ["ARTIFACTSTORE_DATABASE_URL", "mysql://host/x"],
    ["ARTIFACTSTORE_S3_SECRET_KEY_REF", "hunter2"],
  ];
  for (const [name, value] of badValues) {
    it(`refuses ${name}=${value}`, async () => {
      const error = await refuses({ environment: { [name]: value } });
      assert.equal(error.errors.length, 1);
      assert.match(error.errors[0]?.pointer ?? "", new RegExp(name));
      if (value === "hunter2") assert.ok(!JSON.stringify(error.errors).includes(value));
    });
  }

  it("understands the log levels of other programs", async () => {
    for (const [text, level] of [
      ["INFO", "info"],
      ["Warning", "warn"],
      ["DEBUG", "debug"],
    ] as const) {
      await load({ environment: { ARTIFACTSTORE_LOG_LEVEL: text } }, ({ settings }) =>
        assert.equal(settings.logLevel, level),
      );
    }
  });

  it("reads named backends", () =>
    load(
      { toml: '[backends.ceph-b]\ntype = "s3"\nbucket = "b"\npath_style = true\nretries = 3\n' },
      ({ backends }) => {
        assert.equal(backends.length, 1);
        assert.equal(backends[0]?.name, "ceph-b");
        assert.equal(backends[0]?.type, "s3");
        assert.deepEqual(Object.fromEntries(backends[0]?.options ?? []), {
          bucket: "b",
          path_style: true,
          retries: 3,
        });
      },
    ));

  const badBackends: readonly (readonly [string, string])[] = [
    ["no type", "[backends.x]\nbucket = 1"],
    ["a built-in name", '[backends.local]\ntype = "local"'],
    ["a name that routes cannot spell", '[backends."a+b"]\ntype = "s3"'],
    ["a name that is too long", `[backends.${"x".repeat(BACKEND_ID_MAX_LENGTH + 1)}]\ntype = "s3"`],
    ["a nested table", '[backends.x]\ntype = "s3"\n[backends.x.y]\nz = 1'],
    ["no table", "backends = 1"],
  ];
  it("takes a backend with a name of the greatest length", () =>
    load({ toml: `[backends.${"x".repeat(BACKEND_ID_MAX_LENGTH)}]\ntype = "s3"` }, ({ backends }) => {
      assert.equal(backends[0]?.name.length, BACKEND_ID_MAX_LENGTH);
    }));

  for (const [name, toml] of badBackends) {
    it(`refuses a backend with ${name}`, async () => {
      await refuses({ toml });
    });
  }

  it("has the retention classes in force", () =>
    withTemporaryDirectory(async (directory) => {
      const path = join(directory, "retention.toml");
      writeFileSync(path, "[classes.transient]\ndefault_duration_seconds = 5");
      const environment = { ARTIFACTSTORE_RETENTION_CONFIG_PATH: path };
      const { retentionClasses } = await loadConfig({ environment, workingDirectory: directory });
      assert.equal(retentionClasses.get("transient")?.durationSeconds, 5);
    }));

  it("names the line of a TOML mistake, not its text", async () => {
    const error = await refuses({ toml: 'host = "a"\nauth_tokens = "hunter2\n' });
    assert.match(error.message, /line 2/);
    assert.ok(!error.message.includes("hunter2"));
  });
});

describe("configuration, described", () => {
  it("names values and sources, and masks secrets", () =>
    load(
      {
        toml: '[backends.b]\ntype = "s3"\nsecret_key = "hunter2"\nsecret_key_ref = "env:X"\nendpoint = "http://u:hunter2@h/"',
        environment: {
          ARTIFACTSTORE_AUTH_TOKENS: "hunter2",
          ARTIFACTSTORE_API_TOKEN: "hunter2",
          ARTIFACTSTORE_API_URL: "http://u:hunter2@h/",
          ARTIFACTSTORE_DATABASE_URL: "postgres://u:hunter2@h/n",
          ARTIFACTSTORE_S3_SECRET_KEY_REF: "env:SECRET",
          ARTIFACTSTORE_S3_ENDPOINT_URL: "http://hunter2@h/?X-Amz-Signature=hunter2",
        },
      },
      (config) => {
        const text = JSON.stringify(describeConfig(config));
        assert.ok(!text.includes("hunter2"), text);
        assert.match(text, /"ARTIFACTSTORE_AUTH_TOKENS":\{"value":"\*\*\*","source":"environment"\}/);
        assert.match(text, /"ARTIFACTSTORE_S3_SECRET_KEY_REF":\{"value":"env:SECRET"/);
        assert.match(text, /"secret_key_ref":"env:X"/);
        assert.match(text, /"http:\/\/\*\*\*@h\/\?X-Amz-Signature=\*\*\*"/);
        assert.match(text, /"ARTIFACTSTORE_PORT":\{"value":8000,"source":"default"\}/);
        assert.match(text, /"permanent-record":\{"default_duration_seconds":null\}/);
      },
    ));
});
