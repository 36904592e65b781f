import type { Migration } from "../../migration.ts";
import { foundation } from "./0001-foundation.ts";
import { requests } from "./0002-requests.ts";

/** Every step, in order. */
export const postgresMigrations: readonly Migration[] = [foundation, requests];
