import { customType } from "drizzle-orm/sqlite-core/columns/custom";

/** A column of bytes that reads as `Uint8Array`, on every runtime. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "blob",
});
