import type { RegistrationProgress } from "../registry/registration.ts";
import type { CommandContext } from "./command-context.ts";

/** Shows how far a registration, or a verification, has come. */
export function registrationProgress(context: CommandContext, label: string) {
  const reporter = context.startProgress(label);
  return {
    update({ files, bytes, totalFiles, totalBytes }: RegistrationProgress): void {
      reporter.update({ files, bytes, filesTotal: totalFiles, bytesTotal: totalBytes });
    },
    finish: () => reporter.finish(),
  };
}
