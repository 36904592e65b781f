/*
 * As much of CDDL (RFC 8610) as docs/events.md uses: maps with required, optional and wildcard members, arrays with
 * occurrence, choices, literals, references, and the control `.regexp`. Enough to hold events to their description.
 */

type Rules = ReadonlyMap<string, Type>;
/** Answers what is wrong with a value, or `undefined`. */
type Type = (value: unknown, at: string, rules: Rules) => string | undefined;

interface Member {
  readonly key: string | undefined;
  readonly optional: boolean;
  readonly type: Type;
}

/** @param text the rules of all `cddl` blocks, one after the other */
export function parseCddl(text: string): Rules {
  const reader = new CddlReader(text);
  const rules = new Map<string, Type>();
  while (!reader.atEnd()) {
    const name = reader.take(/[a-z][\w.-]*/y, "a rule's name");
    reader.take(/=/y, "=");
    if (rules.has(name)) throw new Error(`rule "${name}" is there twice`);
    rules.set(name, reader.type());
  }
  return rules;
}

/** What is wrong with a value, naming the place, or `undefined`. */
export function cddlViolation(rules: Rules, name: string, value: unknown): string | undefined {
  const rule = rules.get(name);
  return rule === undefined ? `there is no rule "${name}"` : rule(value, name, rules);
}

const PRIMITIVES: Readonly<Record<string, (value: unknown) => boolean>> = {
  tstr: (value) => typeof value === "string",
  bstr: (value) => value instanceof Uint8Array,
  int: (value) => Number.isSafeInteger(value),
  uint: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  float: (value) => typeof value === "number" && !Number.isInteger(value),
  bool: (value) => typeof value === "boolean",
  null: (value) => value === null,
};

class CddlReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skip();
    return this.#at === this.#text.length;
  }

  take(pattern: RegExp, wanted: string): string {
    const found = this.#match(pattern);
    if (found === undefined)
      throw new Error(`CDDL: ${wanted} expected at "${this.#text.slice(this.#at, this.#at + 40)}"`);
    return found;
  }

  type(): Type {
    const choices = [this.#single()];
    while (this.#match(/\/(?!\/)/y) !== undefined) choices.push(this.#single());
    const [only] = choices;
    if (choices.length === 1 && only !== undefined) return only;
    return (value, at, rules) => {
      const wrong = choices.map((choice) => choice(value, at, rules));
      return wrong.includes(undefined) ? undefined : `${at} is none of the choices: ${wrong.join("; ")}`;
    };
  }

  #single(): Type {
    if (this.#match(/\{/y) !== undefined) return mapType(this.#members());
    if (this.#match(/\[/y) !== undefined) return this.#array();
    const text = this.#match(/"(?:[^"\\]|\\.)*"/y);
    if (text !== undefined) return literalType(JSON.parse(text));
    const number = this.#match(/\d+/y);
    if (number !== undefined) return literalType(Number(number));
    const name = this.take(/[a-z][\w.-]*/y, "a type");
    const control = this.#match(/\.(?:regexp|size)/y);
    if (control === ".size") return sizeType(Number(this.take(/\d+/y, "a size")));
    if (control === undefined) return namedType(name);
    return regexpType(new RegExp(`^(?:${JSON.parse(this.take(/"(?:[^"\\]|\\.)*"/y, "a pattern"))})$`, "u"));
  }

  #members(): Member[] {
    const members: Member[] = [];
    while (this.#match(/\}/y) === undefined) {
      if (this.#match(/\*\s*tstr\s*=>/y) !== undefined) {
        members.push({ key: undefined, optional: true, type: this.type() });
      } else {
        const optional = this.#match(/\?/y) !== undefined;
        const key = this.take(/[a-z]\w*/y, "a key");
        this.take(/:/y, ":");
        members.push({ key, optional, type: this.type() });
      }
      this.#match(/,/y);
    }
    return members;
  }

  /** `[ * type ]`, `[ + type ]`, or one type after the other, named or not. */
  #array(): Type {
    const occurrence = this.#match(/[*+]/y);
    const items: Type[] = [];
    while (this.#match(/\]/y) === undefined) {
      this.#match(/[a-z]\w*:/y);
      items.push(this.type());
      this.#match(/,/y);
    }
    return (value, at, rules) => {
      if (!Array.isArray(value)) return `${at} is no array`;
      if (occurrence === "+" && value.length === 0) return `${at} is empty`;
      if (occurrence === undefined && value.length !== items.length) return `${at} has ${value.length} items`;
      return firstViolation(
        value.map((item, index) => {
          const type = items[occurrence === undefined ? index : 0];
          return type?.(item, `${at}/${index}`, rules);
        }),
      );
    };
  }

  #match(pattern: RegExp): string | undefined {
    this.#skip();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** White space and comments. */
  #skip(): void {
    const blank = /(?:\s|;[^\n]*)*/y;
    blank.lastIndex = this.#at;
    this.#at += blank.exec(this.#text)?.[0].length ?? 0;
  }
}

function mapType(members: readonly Member[]): Type {
  const named = new Map(
    members.flatMap((member) => (member.key === undefined ? [] : [[member.key, member]])),
  );
  const wildcard = members.find((member) => member.key === undefined);
  return (value, at, rules) => {
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isMap || value instanceof Uint8Array) return `${at} is no map`;
    for (const [key, member] of named) {
      if (!member.optional && !Object.hasOwn(value, key)) return `${at} lacks "${key}"`;
    }
    return firstViolation(
      Object.entries(value).map(([key, item]) => {
        const type = named.get(key)?.type ?? wildcard?.type;
        return type === undefined ? `${at} has "${key}"` : type(item, `${at}/${key}`, rules);
      }),
    );
  };
}

function namedType(name: string): Type {
  const primitive = PRIMITIVES[name];
  if (primitive !== undefined) return (value, at) => (primitive(value) ? undefined : `${at} is no ${name}`);
  return (value, at, rules) => {
    const rule = rules.get(name);
    return rule === undefined ? `there is no rule "${name}"` : rule(value, at, rules);
  };
}

function literalType(wanted: unknown): Type {
  return (value, at) => (value === wanted ? undefined : `${at} is not ${JSON.stringify(wanted)}`);
}

function regexpType(pattern: RegExp): Type {
  return (value, at) =>
    typeof value === "string" && pattern.test(value) ? undefined : `${at} does not match ${pattern}`;
}

function sizeType(sizeBytes: number): Type {
  return (value, at) =>
    value instanceof Uint8Array && value.length === sizeBytes
      ? undefined
      : `${at} has not ${sizeBytes} bytes`;
}

function firstViolation(found: readonly (string | undefined)[]): string | undefined {
  return found.find((each) => each !== undefined);
}
