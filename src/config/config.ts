import type { BackendConfig } from "./backends.ts";
import type { RetentionClass } from "./retention-classes.ts";
import type { SettingKey, Settings } from "./settings.ts";

/** Everything that configuration decides, and where each part of it came from. */
export interface Config {
  readonly settings: Settings;
  readonly sources: Readonly<Record<SettingKey, SettingSource>>;
  /** Named backends besides `local` and `s3`. */
  readonly backends: readonly BackendConfig[];
  readonly retentionClasses: ReadonlyMap<string, RetentionClass>;
  /** For people, one line each. */
  readonly warnings: readonly string[];
}

/** From the weakest to the strongest. */
export type SettingSource =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env_file"; readonly path: string }
  | { readonly kind: "environment" }
  | { readonly kind: "flag"; readonly flag: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a flag said, for the setting that it stands for. */
export interface SettingOverride {
  /** As people typed it: `--port`. */
  readonly flag: string;
  readonly text: string;
}

export type SettingOverrides = Partial<Record<SettingKey, SettingOverride>>;
