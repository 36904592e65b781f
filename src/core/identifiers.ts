import {
  ACTOR_MAX_BYTES,
  BACKEND_ID_MAX_LENGTH,
  EXTERNAL_ID_MAX_BYTES,
  NAME_MAX_BYTES,
  PRODUCER_MAX_BYTES,
  REASON_MAX_BYTES,
  RETENTION_CLASS_MAX_LENGTH,
  SLUG_MAX_LENGTH,
  SUBJECT_MAX_BYTES,
} from "./limits.ts";
import { brokenTextRule, refuseText } from "./text-rules.ts";
import { utf8Length } from "./utf8-length.ts";

/** Which rule a text breaks, for people; `undefined` if none. */
export type TextRule = (text: string) => string | undefined;

/**
 * The rules for names and ids, by what the text is called in messages. Texts that people choose may be of any script;
 * texts that stand in routes, file names and configuration are ASCII tokens (`release-evidence`, `guide-board.run.v1`).
 */
export const NAME_RULES = {
  "package name": (text) => brokenTextRule(text, NAME_MAX_BYTES),
  producer: (text) => brokenTextRule(text, PRODUCER_MAX_BYTES),
  subject: (text) => brokenTextRule(text, SUBJECT_MAX_BYTES),
  "external id": (text) => brokenTextRule(text, EXTERNAL_ID_MAX_BYTES),
  actor: (text) => brokenTextRule(text, ACTOR_MAX_BYTES),
  reason: brokenReasonRule,
  "schema slug": (text) => brokenTokenRule(text, SLUG_MAX_LENGTH),
  "retention class": (text) => brokenTokenRule(text, RETENTION_CLASS_MAX_LENGTH),
  "storage backend": (text) => brokenTokenRule(text, BACKEND_ID_MAX_LENGTH),
} as const satisfies { readonly [what: string]: TextRule };

export type NameKind = keyof typeof NAME_RULES;

/** Throws `invalid_input`, naming the text and the rule that it breaks. */
export function checkName(kind: NameKind, text: string): void {
  const rule = NAME_RULES[kind](text);
  if (rule !== undefined) refuseText(text, kind, rule);
}

export function checkPackageName(name: string): void {
  checkName("package name", name);
}

export function checkProducer(producer: string): void {
  checkName("producer", producer);
}

export function checkSubject(subject: string): void {
  checkName("subject", subject);
}

export function checkExternalId(externalId: string): void {
  checkName("external id", externalId);
}

export function checkActor(actor: string): void {
  checkName("actor", actor);
}

export function checkReason(reason: string): void {
  checkName("reason", reason);
}

export function checkSlug(slug: string): void {
  checkName("schema slug", slug);
}

/** Whether there is such a class is another question. */
export function checkRetentionClassName(name: string): void {
  checkName("retention class", name);
}

export function checkBackendId(id: string): void {
  checkName("storage backend", id);
}

/** C0 but tab and line break, DEL, C1. */
const CONTROL_CHARACTERS_IN_PROSE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

/** A reason is prose: it may have several lines. */
function brokenReasonRule(reason: string): string | undefined {
  if (reason.trim() === "") return "it is empty";
  if (!reason.isWellFormed()) return "it has a lone surrogate";
  if (CONTROL_CHARACTERS_IN_PROSE.test(reason)) return "it has a control character";
  if (utf8Length(reason) > REASON_MAX_BYTES) return `it has more than ${REASON_MAX_BYTES} bytes`;
  return undefined;
}

/** None of the characters that separate in routes (`:`, `=`, `,`, `+`, `*`) or in paths. */
const TOKEN = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

function brokenTokenRule(text: string, lengthMax: number): string | undefined {
  if (text.length > lengthMax) return `it has more than ${lengthMax} characters`;
  if (!TOKEN.test(text))
    return 'it is not made of lower-case letters and digits, in parts joined by ".", "_" or "-"';
  return undefined;
}
