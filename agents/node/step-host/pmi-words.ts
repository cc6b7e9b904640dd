/**
 * The two wire forms of PMI, as MPICH's clients speak them: PMI-1 is lines of `cmd=get key=x`, PMI-2 is a length of six
 * digits and `cmd=kvs-get;key=x;`. Cuts a task's bytes into requests and writes answers. Pure.
 */

export type PmiWords = ReadonlyMap<string, string>;

/** A request or an answer of either form. */
export const MAX_PMI_MESSAGE_BYTES = 64 * 1024;
const LENGTH_DIGITS = 6;

export class PmiReader {
  /** 2 once the task has said that it speaks PMI-2. */
  version: 1 | 2 = 1;
  #bytes: Buffer = Buffer.alloc(0);

  /** The requests that are whole, or why these bytes are none. `take` may change the version between two of them. */
  push(bytes: Buffer, take: (words: PmiWords) => void): string | undefined {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    for (;;) {
      const next = this.version === 1 ? this.#line() : this.#counted();
      if (next === undefined) break;
      if (typeof next === "string") return next;
      take(next.words);
    }
    return this.#bytes.length > MAX_PMI_MESSAGE_BYTES ? "a request without an end" : undefined;
  }

  #line(): { words: PmiWords } | undefined {
    const end = this.#bytes.indexOf(10);
    if (end < 0) return undefined;
    const text = this.#bytes.toString("latin1", 0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return { words: wordsOfLine(text) };
  }

  #counted(): { words: PmiWords } | string | undefined {
    if (this.#bytes.length < LENGTH_DIGITS) return undefined;
    const digits = this.#bytes.toString("latin1", 0, LENGTH_DIGITS).trim();
    const length = Number(digits);
    if (!/^\d+$/.test(digits) || length > MAX_PMI_MESSAGE_BYTES) return `a length of ${digits}`;
    if (this.#bytes.length < LENGTH_DIGITS + length) return undefined;
    const text = this.#bytes.toString("latin1", LENGTH_DIGITS, LENGTH_DIGITS + length);
    this.#bytes = this.#bytes.subarray(LENGTH_DIGITS + length);
    return { words: wordsOfList(text) };
  }
}

/** `cmd=put kvsname=a key=b value=c d`: a value ends at the next blank, but the last one at the end. */
const wordsOfLine = (text: string): PmiWords => {
  const words = new Map<string, string>();
  for (const item of text.trim().split(" ")) {
    const equals = item.indexOf("=");
    if (equals > 0) words.set(item.slice(0, equals), item.slice(equals + 1));
  }
  return words;
};

/** `cmd=kvs-put;key=a;value=b;;c;`, where two semicolons are one of the value. */
const wordsOfList = (text: string): PmiWords => {
  const words = new Map<string, string>();
  let item = "";
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at];
    if (letter === ";" && text[at + 1] === ";") {
      item += ";";
      at++;
    } else if (letter === ";" || letter === undefined) {
      const equals = item.indexOf("=");
      if (equals > 0) words.set(item.slice(0, equals), item.slice(equals + 1));
      item = "";
    } else item += letter;
  }
  return words;
};

type Pairs = Readonly<Record<string, string | number>>;

/** `cmd=put_result rc=0 msg=success` */
export const pmiLine = (cmd: string, pairs: Pairs): string =>
  `cmd=${cmd}${Object.entries(pairs)
    .map(([name, value]) => ` ${name}=${value}`)
    .join("")}\n`;

/** `    34cmd=kvs-put-response;rc=0;` with the thread's number of the request, where it had one. */
export const pmiList = (cmd: string, pairs: Pairs, request: PmiWords): string => {
  const thread = request.get("thrid");
  const all = thread === undefined ? pairs : { thrid: thread, ...pairs };
  const text = `cmd=${cmd};${Object.entries(all)
    .map(([name, value]) => `${name}=${String(value).replaceAll(";", ";;")};`)
    .join("")}`;
  return `${String(text.length).padStart(LENGTH_DIGITS)}${text}`;
};
