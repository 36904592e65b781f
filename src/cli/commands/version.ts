import process from "node:process";
import { COMMIT, VERSION } from "../build-info.ts";
import { defineCommand } from "../command.ts";

export const command = defineCommand({
  arguments: {
    verbose: {
      type: "boolean",
      alias: "v",
      description: "JSON with commit, runtime, platform and BLAKE3 engine",
    },
    json: { type: "boolean", description: "The same" },
  },
  async run(context, values) {
    if (!values.verbose && !values.json) {
      await context.out.text(`artifactstore ${VERSION}\n`);
      return 0;
    }
    const { chooseBlake3 } = await import("../../dataplane/hash-engine.ts");
    await context.out.json({
      version: VERSION,
      commit: COMMIT ?? null,
      runtime: `${context.runtime.name} ${context.runtime.version}`,
      compiled: context.runtime.compiled,
      target: `${process.platform}-${process.arch}`,
      blake3: (await chooseBlake3()).name,
    });
    return 0;
  },
});
