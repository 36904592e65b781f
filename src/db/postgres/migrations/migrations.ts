import type { Migration } from "../../migration.ts";
import { foundation } from "./0001-foundation.ts";

/** Every step, in order. */
export const postgresMigrations: readonly Migration[] = [foundation];
