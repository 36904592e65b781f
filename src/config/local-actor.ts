import { readFileSync } from "node:fs";
import process from "node:process";
import { NAME_RULES } from "../core/identifiers.ts";

const USERS_PATH = "/etc/passwd";

/**
 * Who runs this program, as an actor: `local:<user>`, by the operating system's user database; `local:uid-<n>` for a
 * user that it does not name, or by a name that no actor may have.
 *
 * Threat: what is recorded must not be whatever `USER` says, so neither the environment is asked nor `userInfo()` of
 * `node:os`, which follows it on some runtimes.
 *
 * @param uid the effective user; `undefined` where the system has no such numbers
 * @param usersPath a file in the format of passwd(5)
 */
export function localActor(uid = process.geteuid?.(), usersPath = USERS_PATH): string {
  if (uid === undefined) return "local:unknown";
  const name = nameOfUser(uid, usersPath);
  const actor = `local:${name}`;
  const refused = name === undefined || [name, actor].some((text) => NAME_RULES.actor(text) !== undefined);
  return refused ? `local:uid-${uid}` : actor;
}

/** The first entry counts, as for the system itself. */
function nameOfUser(uid: number, usersPath: string): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(usersPath));
    const entry = text.split("\n").find((line) => line.split(":", 3)[2] === String(uid));
    return entry?.split(":", 1)[0];
  } catch {
    // Not there, not readable or not text: then the number says who it is.
    return undefined;
  }
}
