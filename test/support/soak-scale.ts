import process from "node:process";

/** A number of a soak run, made smaller by `ARTIFACTSTORE_TEST_SCALE` (1 unless set): `0.01` for a quick look. */
export function scaled(whole: number): number {
  return Math.max(1, Math.round(whole * Number(process.env["ARTIFACTSTORE_TEST_SCALE"] ?? 1)));
}
