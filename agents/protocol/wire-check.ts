/**
 * Walks the bytes of a MessagePack message before they are decoded, so that a few hostile bytes that announce a
 * thousand million elements, nest without end, or name an extension never reach the decoder. Runs once for each frame
 * that arrives; allocates nothing, decodes nothing, never throws.
 */

/** The deepest frame, a start order, nests four levels. */
export const MAX_WIRE_DEPTH = 12;

/** What is wrong with the message, or undefined when it is one whole, well-formed value without extensions. */
export const wireProblem = (bytes: Uint8Array): string | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Values that are still to come at each level. */
  const due = new Float64Array(MAX_WIRE_DEPTH + 1);
  due[0] = 1;
  let depth = 0;
  let at = 0;
  while (depth >= 0) {
    if (due[depth] === 0) {
      depth--;
      continue;
    }
    due[depth]! -= 1;
    if (at >= bytes.length) return "it ends early";
    const head = bytes[at]!;
    const form = formOf(head);
    if (form === undefined) return `byte ${at} is of a type that frames do not use`;
    if (at + 1 + form.lengthBytes > bytes.length) return "it ends early";
    const count = form.fixed >= 0 ? form.fixed : readLength(view, at + 1, form.lengthBytes);
    at += 1 + form.lengthBytes;
    if (!form.container) {
      at += count;
      if (at > bytes.length) return "it ends early";
      continue;
    }
    const values = count * form.valuesPerItem;
    if (values > bytes.length - at) return "it announces more values than it has bytes";
    if (depth === MAX_WIRE_DEPTH) return `it nests deeper than ${MAX_WIRE_DEPTH} levels`;
    due[++depth] = values;
  }
  return at === bytes.length ? undefined : "bytes are left over";
};

interface WireForm {
  readonly container: boolean;
  readonly valuesPerItem: 1 | 2;
  /** Bytes after the head that hold the length. */
  readonly lengthBytes: 0 | 1 | 2 | 4;
  /** Payload bytes, or items of a container; -1 when the length bytes tell. */
  readonly fixed: number;
}

const scalar = (fixed: number): WireForm => ({ container: false, valuesPerItem: 1, lengthBytes: 0, fixed });
const sized = (lengthBytes: 1 | 2 | 4): WireForm => ({
  container: false,
  valuesPerItem: 1,
  lengthBytes,
  fixed: -1,
});
const list = (valuesPerItem: 1 | 2, lengthBytes: 0 | 2 | 4, fixed: number): WireForm => ({
  container: true,
  valuesPerItem,
  lengthBytes,
  fixed,
});

const formOfHead = (head: number): WireForm | undefined => {
  if (head <= 0x7f || head >= 0xe0) return scalar(0);
  if (head <= 0x8f) return list(2, 0, head & 0x0f);
  if (head <= 0x9f) return list(1, 0, head & 0x0f);
  if (head <= 0xbf) return scalar(head & 0x1f);
  return LONG_FORMS.get(head);
};

const LONG_FORMS: ReadonlyMap<number, WireForm> = new Map([
  [0xc0, scalar(0)],
  [0xc2, scalar(0)],
  [0xc3, scalar(0)],
  [0xca, scalar(4)],
  [0xcb, scalar(8)],
  [0xcc, scalar(1)],
  [0xcd, scalar(2)],
  [0xce, scalar(4)],
  [0xcf, scalar(8)],
  [0xd0, scalar(1)],
  [0xd1, scalar(2)],
  [0xd2, scalar(4)],
  [0xd3, scalar(8)],
  [0xd9, sized(1)],
  [0xda, sized(2)],
  [0xdb, sized(4)],
  [0xdc, list(1, 2, -1)],
  [0xdd, list(1, 4, -1)],
  [0xde, list(2, 2, -1)],
  [0xdf, list(2, 4, -1)],
]);

const FORMS: readonly (WireForm | undefined)[] = Array.from({ length: 256 }, (_, head) => formOfHead(head));
const formOf = (head: number): WireForm | undefined => FORMS[head];

const readLength = (view: DataView, at: number, lengthBytes: number): number =>
  lengthBytes === 1 ? view.getUint8(at) : lengthBytes === 2 ? view.getUint16(at) : view.getUint32(at);
