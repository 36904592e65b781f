import type { Migration } from "../../migration.ts";
import { foundation } from "./0001-foundation.ts";
import { externalIds } from "./0002-external-ids.ts";
import { packageIndexes } from "./0003-package-indexes.ts";
import { requests } from "./0004-requests.ts";

/** Every step, in order. */
export const sqliteMigrations: readonly Migration[] = [foundation, externalIds, packageIndexes, requests];
