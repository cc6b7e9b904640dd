// core/model/ids.ts
var MAX_NODES = 65536;
var DEVICE_LANES = 16;
var WHOLE_DEVICE = 1e3;
var jobId = (n) => n;
var nodeIndex = (n) => n;
var shapeId = (n) => n;
var partitionIndex = (n) => n;
var seq = (n) => n;

// core/state/interned.ts
var Interned = class {
  names;
  index;
  constructor(names = []) {
    this.names = [...names];
    this.index = new Map(names.map((name, i) => [name, i]));
  }
  /** The integer of a name, taking a new one when it has none yet. */
  intern(name) {
    const known = this.index.get(name);
    if (known !== void 0) return known;
    const next = this.names.length;
    this.names.push(name);
    this.index.set(name, next);
    return next;
  }
  /** The integer of a name, or undefined when it was never seen. */
  find(name) {
    return this.index.get(name);
  }
  nameOf(i) {
    return this.names[i] ?? "";
  }
};

// core/model/request-key.ts
var requestKey = (request) => [
  `n${request.minNodes}-${request.maxNodes}`,
  `t${request.tasks}/${request.tasksPerNode}`,
  `c${request.cpusPerTask}/${request.cpus}`,
  `m${request.memMib}/${request.memPer}/${request.memPerMib}`,
  `g${request.gres.map((demand2) => `${demand2.dimension}:${demand2.count}`).join(",")}`,
  `x${request.exclusive ? 1 : 0}`,
  `1${request.oneThreadPerCore}`,
  `w${request.requiredNodes.join(",")}`,
  `-${request.excludedNodes.join(",")}`,
  `f${request.features}`
].join(" ");

// core/state/shared-columns.ts
var BORDER = 64;
function layoutBytes(layout, capacity) {
  let bytes = 0;
  for (const column of Object.values(layout)) bytes += columnBytes(column.type, column.planes, capacity);
  return bytes;
}
function viewColumns(layout, capacity, buffer) {
  const views = {};
  let offset = 0;
  for (const [name, column] of Object.entries(layout)) {
    views[name] = viewOf(column.type, buffer, offset, capacity * column.planes);
    offset += columnBytes(column.type, column.planes, capacity);
  }
  return views;
}
function growColumns(layout, from, fromCapacity, toCapacity) {
  const to = new SharedArrayBuffer(layoutBytes(layout, toCapacity));
  const source = new Uint8Array(from);
  const target = new Uint8Array(to);
  let fromOffset = 0;
  let toOffset = 0;
  for (const { type, planes } of Object.values(layout)) {
    const width = WIDTH[type];
    for (let plane = 0; plane < planes; plane++) {
      const start = fromOffset + plane * fromCapacity * width;
      target.set(source.subarray(start, start + fromCapacity * width), toOffset + plane * toCapacity * width);
    }
    fromOffset += columnBytes(type, planes, fromCapacity);
    toOffset += columnBytes(type, planes, toCapacity);
  }
  return to;
}
var WIDTH = { i32: 4, u32: 4, u8: 1, i16: 2, f64: 8 };
function columnBytes(type, planes, capacity) {
  return Math.ceil(WIDTH[type] * planes * capacity / BORDER) * BORDER;
}
function viewOf(type, buffer, offset, length) {
  switch (type) {
    case "i32":
      return new Int32Array(buffer, offset, length);
    case "u32":
      return new Uint32Array(buffer, offset, length);
    case "u8":
      return new Uint8Array(buffer, offset, length);
    case "i16":
      return new Int16Array(buffer, offset, length);
    case "f64":
      return new Float64Array(buffer, offset, length);
  }
}

// core/state/table.ts
var MIN_CAPACITY = 64;
var Table = class _Table {
  layout;
  capacity;
  /** Rows in use: 0 .. count - 1. */
  count;
  buffer;
  columns;
  constructor(layout, capacity = MIN_CAPACITY) {
    this.layout = layout;
    this.capacity = Math.max(MIN_CAPACITY, 2 ** Math.ceil(Math.log2(Math.max(1, capacity))));
    this.count = 0;
    this.buffer = new SharedArrayBuffer(layoutBytes(layout, this.capacity));
    this.columns = viewColumns(layout, this.capacity, this.buffer);
  }
  /** A table over a snapshot's buffer, which it shares: for workers, which only read. */
  static over(layout, snapshot) {
    const table = new _Table(layout);
    table.capacity = snapshot.capacity;
    table.count = snapshot.count;
    table.buffer = snapshot.buffer;
    table.columns = viewColumns(layout, snapshot.capacity, snapshot.buffer);
    return table;
  }
  /** Adds a row of zeros and gives its index. */
  addRow() {
    if (this.count === this.capacity) {
      this.buffer = growColumns(this.layout, this.buffer, this.capacity, this.capacity * 2);
      this.capacity *= 2;
      this.columns = viewColumns(this.layout, this.capacity, this.buffer);
    }
    return this.count++;
  }
  /** Copies row `from` over row `to`, all columns and planes. */
  moveRow(from, to) {
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name];
      for (let plane = 0; plane < planes; plane++) {
        column[plane * this.capacity + to] = column[plane * this.capacity + from];
      }
    }
  }
  /** Removes a row by moving the last one into its place; gives the index that moved, or -1. Freed cells are zeroed. */
  removeRow(row) {
    const last = this.count - 1;
    if (row !== last) this.moveRow(last, row);
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name];
      for (let plane = 0; plane < planes; plane++) column[plane * this.capacity + last] = 0;
    }
    this.count = last;
    return row === last ? -1 : last;
  }
  /** A copy that a worker may read while this table goes on changing; reuses `into` where it is large enough. */
  snapshot(into) {
    const buffer = into !== void 0 && into.buffer.byteLength === this.buffer.byteLength ? into.buffer : new SharedArrayBuffer(this.buffer.byteLength);
    new Uint8Array(buffer).set(new Uint8Array(this.buffer));
    return { buffer, capacity: this.capacity, count: this.count };
  }
  /** The bytes of all rows in use, column by column: equal tables give equal bytes whatever their capacity. */
  *encode() {
    for (const [name, { planes }] of Object.entries(this.layout)) {
      const column = this.columns[name];
      for (let plane = 0; plane < planes; plane++) {
        const part = column.subarray(plane * this.capacity, plane * this.capacity + this.count);
        yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      }
    }
  }
};

// core/state/tables.ts
var MAX_GRES_DIMENSIONS = 16;
var MAX_SHAPE_GRES = 4;
var MAX_FEATURES = 64;
var one = (type) => ({
  type,
  planes: 1
});
var NODE_LAYOUT = {
  freeCpus: one("i32"),
  totalCpus: one("i32"),
  freeMemMib: one("i32"),
  totalMemMib: one("i32"),
  /** Wholly free devices, plane d = GRES dimension d. */
  freeGres: { type: "u8", planes: MAX_GRES_DIMENSIONS },
  totalGres: { type: "u8", planes: MAX_GRES_DIMENSIONS },
  /** Free thousandths of each device, plane l = lane l; 0 where the lane is empty. */
  laneFree: { type: "i16", planes: DEVICE_LANES },
  /** Equal for nodes with the same CPUs, memory, devices and features. */
  hardwareClass: one("i32"),
  /** Bit p of the pair is set when the node is in partition p. */
  partitionLo: one("u32"),
  partitionHi: one("u32"),
  /** Bit f of the pair is set when the node has feature f. */
  featureLo: one("u32"),
  featureHi: one("u32"),
  flags: one("u32"),
  /** Interned leaf switch or block; -1 for none. */
  topologyLeaf: one("i32"),
  threadsPerCore: one("i32"),
  /** Epoch seconds at which the last of its running jobs ends by its limit; 0 when none runs. */
  freesAtS: one("u32"),
  runningJobs: one("i32")
};
var NODE_FLAG = {
  /** An agent has registered it. */
  REGISTERED: 1,
  RESPONDING: 2,
  DOWN: 4,
  DRAIN: 8
};
var PENDING_LAYOUT = {
  jobId: one("i32"),
  shape: one("i32"),
  /** Interned list of partitions to try, in order. */
  partitionSet: one("i32"),
  timeLimitS: one("i32"),
  submitS: one("u32"),
  /** 0 while dependencies or the begin time hold it. */
  eligibleS: one("u32"),
  /** 0 for none. */
  beginS: one("u32"),
  nice: one("i32"),
  /** -1 for "by policy", else the priority an operator set. */
  setPriority: one("f64"),
  /** Priority of its QOS, 0 for none. */
  qosPriority: one("i32"),
  flags: one("u32"),
  /** Waiting tasks of the row, 1 for a plain job. */
  tasksWaiting: one("i32"),
  /** How many of them the array's `%limit` lets start now; equal to tasksWaiting without a limit. */
  tasksStartable: one("i32")
};
var PENDING_FLAG = {
  HELD_USER: 1,
  HELD_ADMIN: 2,
  DEPENDENCY: 4,
  DEPENDENCY_NEVER: 8
};
var RUNNING_LAYOUT = {
  jobId: one("i32"),
  node: one("i32"),
  /** Epoch seconds by the time limit; UNLIMITED_S when it has none. */
  endS: one("u32"),
  cpus: one("i32"),
  memMib: one("i32"),
  /** Whole devices given back in GRES dimension d. */
  gres: { type: "u8", planes: MAX_GRES_DIMENSIONS }
};
var SHAPE_LAYOUT = {
  minNodes: one("i32"),
  maxNodes: one("i32"),
  tasks: one("i32"),
  tasksPerNode: one("i32"),
  cpusPerTask: one("i32"),
  /** CPUs of the fullest node, -1 (ALL) for all. */
  cpus: one("i32"),
  memMib: one("i32"),
  /** Plane i = demand i: the GRES dimension, and the count (0: no demand). */
  gresDimension: { type: "i32", planes: MAX_SHAPE_GRES },
  gresCount: { type: "i32", planes: MAX_SHAPE_GRES },
  exclusive: one("u8"),
  oneThreadPerCore: one("u8"),
  featureLo: one("u32"),
  featureHi: one("u32"),
  /** Rows required and excluded: slices of the shape list, `lists[offset .. offset + count)`. */
  requiredOffset: one("i32"),
  requiredCount: one("i32"),
  excludedOffset: one("i32"),
  excludedCount: one("i32"),
  /** Pending and running records with this shape; 0 means the row is free. */
  users: one("i32")
};

// core/state/shape-book.ts
var LIST_SLACK = 4096;
var ShapeBook = class {
  table = new Table(SHAPE_LAYOUT);
  requests = [];
  /** Rows that nobody uses, last freed is taken first. */
  freeRows = [];
  /** Required and excluded node rows of all shapes. */
  lists = new Int32Array(0);
  listsUsed = 0;
  listsUnused = 0;
  byKey = /* @__PURE__ */ new Map();
  /** The shape of a request, one user more. `featureBits` are the request's features as bits. */
  take(request, featureBits2) {
    const key = requestKey(request);
    const known = this.byKey.get(key);
    if (known !== void 0) {
      this.table.columns.users[known]++;
      return shapeId(known);
    }
    const row = this.freeRows.pop() ?? this.table.addRow();
    this.byKey.set(key, row);
    this.requests[row] = request;
    this.writeRow(row, request, featureBits2);
    return shapeId(row);
  }
  /** One user less. */
  release(shape) {
    const users = this.table.columns.users;
    users[shape]--;
    if (users[shape] !== 0) return;
    const request = this.requests[shape];
    if (request === void 0) return;
    this.byKey.delete(requestKey(request));
    this.requests[shape] = void 0;
    this.freeRows.push(shape);
    this.listsUnused += request.requiredNodes.length + request.excludedNodes.length;
    if (this.listsUnused > LIST_SLACK && this.listsUnused * 2 > this.listsUsed) this.rebuildLists();
  }
  request(shape) {
    const request = this.requests[shape];
    if (request === void 0) throw new Error(`shape ${shape} is not in use`);
    return request;
  }
  /** The lists in use, without the buffer's spare end. */
  usedLists() {
    return this.lists.subarray(0, this.listsUsed);
  }
  /** Takes over what a snapshot held. */
  restore(rows) {
    this.requests.push(...rows.requests);
    this.freeRows.push(...rows.freeRows);
    this.lists = rows.lists;
    this.listsUsed = rows.lists.length;
    this.listsUnused = rows.unused;
    rows.requests.forEach((request, row) => {
      if (request !== void 0) this.byKey.set(requestKey(request), row);
    });
  }
  get unusedListEntries() {
    return this.listsUnused;
  }
  writeRow(row, request, featureBits2) {
    const { columns, capacity } = this.table;
    columns.minNodes[row] = request.minNodes;
    columns.maxNodes[row] = request.maxNodes;
    columns.tasks[row] = request.tasks;
    columns.tasksPerNode[row] = request.tasksPerNode;
    columns.cpusPerTask[row] = request.cpusPerTask;
    columns.cpus[row] = request.cpus;
    columns.memMib[row] = request.memMib;
    for (let i = 0; i < MAX_SHAPE_GRES; i++) {
      columns.gresDimension[i * capacity + row] = request.gres[i]?.dimension ?? 0;
      columns.gresCount[i * capacity + row] = request.gres[i]?.count ?? 0;
    }
    columns.exclusive[row] = request.exclusive ? 1 : 0;
    columns.oneThreadPerCore[row] = request.oneThreadPerCore;
    columns.featureLo[row] = featureBits2[0];
    columns.featureHi[row] = featureBits2[1];
    columns.users[row] = 1;
    this.appendLists(row, request);
  }
  appendLists(row, request) {
    const { columns } = this.table;
    columns.requiredOffset[row] = this.appendList(request.requiredNodes);
    columns.requiredCount[row] = request.requiredNodes.length;
    columns.excludedOffset[row] = this.appendList(request.excludedNodes);
    columns.excludedCount[row] = request.excludedNodes.length;
  }
  appendList(list) {
    const offset = this.listsUsed;
    if (offset + list.length > this.lists.length) {
      const grown = new Int32Array(Math.max(64, 2 * (offset + list.length)));
      grown.set(this.lists);
      this.lists = grown;
    }
    this.lists.set(list, offset);
    this.listsUsed += list.length;
    return list.length === 0 ? 0 : offset;
  }
  rebuildLists() {
    this.lists = new Int32Array(0);
    this.listsUsed = 0;
    this.listsUnused = 0;
    this.requests.forEach((request, row) => {
      if (request !== void 0) this.appendLists(row, request);
    });
  }
};

// core/state/cluster-state.ts
function emptyState() {
  return {
    lastSeq: seq(0),
    lastAtS: 0,
    nextJobId: 1,
    clusterName: "",
    nodes: new Table(NODE_LAYOUT),
    pending: new Table(PENDING_LAYOUT),
    running: new Table(RUNNING_LAYOUT),
    shapes: new ShapeBook(),
    nodeRecords: [],
    nodeByName: /* @__PURE__ */ new Map(),
    expectedNodes: [],
    partitions: [],
    partitionMembers: [],
    qos: [],
    dimensions: new Interned(["gpu"]),
    features: new Interned(),
    leaves: new Interned(),
    hardwareClasses: new Interned(),
    partitionSets: new Interned(),
    jobs: /* @__PURE__ */ new Map(),
    arrays: /* @__PURE__ */ new Map(),
    pendingRow: /* @__PURE__ */ new Map(),
    runningRows: /* @__PURE__ */ new Map(),
    nodeJobs: [],
    dependents: /* @__PURE__ */ new Map(),
    singletons: /* @__PURE__ */ new Set(),
    namesakes: /* @__PURE__ */ new Map()
  };
}

// core/state/events.ts
import { Packr } from "msgpackr";

// core/model/errors.ts
var RotaError = class extends Error {
  code;
  details;
  constructor(code, message, details = {}) {
    super(message);
    this.name = "RotaError";
    this.code = code;
    this.details = details;
  }
  /** Survives two copies of this class in one process, as bundling can cause. */
  static is(error) {
    return error instanceof Error && error.name === "RotaError" && "code" in error;
  }
};

// core/state/events.ts
var packr = new Packr({ useRecords: false, encodeUndefinedAsNil: false, variableMapSize: true });
function encodeEvent(event) {
  return Uint8Array.from(packr.pack(event));
}
function decodeEvent(bytes) {
  let event;
  try {
    event = packr.unpack(bytes);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new RotaError("JOURNAL_CORRUPT", `bytes that are no MessagePack: ${cause}`);
  }
  if (typeof event?.type === "string" && typeof event.atS === "number") return event;
  throw new RotaError("JOURNAL_CORRUPT", "bytes that are no event: type or time is missing");
}

// core/model/parse-result.ts
var MAX_TEXT_BYTES = 65536;
var parsed = (value) => ({ ok: true, value });
var unparsed = (code, problem, at, forms) => ({
  ok: false,
  code,
  message: `${problem}; expected ${forms}`,
  at
});
var tooLong = (text) => {
  if (text.length * 3 <= MAX_TEXT_BYTES) return void 0;
  if (text.length <= MAX_TEXT_BYTES && Buffer.byteLength(text) <= MAX_TEXT_BYTES) return void 0;
  return unparsed("TOO_LARGE", "the text is too long", 0, `at most ${MAX_TEXT_BYTES} bytes`);
};
var quote = (text) => {
  const MAX_QUOTED = 60;
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text);
};
var found = (text, at) => at < text.length ? quote(text.charAt(at)) : "the end";
var isDigit = (text, at) => {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
};
var digitsEnd = (text, at) => {
  let end = at;
  while (isDigit(text, end)) end++;
  return end;
};
var readNumber = (text, from, to) => {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (text.charCodeAt(i) - 48);
  return value;
};

// core/model/time.ts
var UNLIMITED_S = 2147483647;
var MAX_TIME_S = UNLIMITED_S - 1;
var TIME_FORMS = "minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S or UNLIMITED";
var DURATION_FORMS = `a duration like 90s, 30m, 1h30m or 1d12h, or ${TIME_FORMS}`;

// core/state/pass-snapshot.ts
function snapshotForPass(state, nowS, into) {
  return {
    nowS,
    nodes: state.nodes.snapshot(into?.nodes),
    pending: state.pending.snapshot(into?.pending),
    running: state.running.snapshot(into?.running),
    shapes: state.shapes.table.snapshot(into?.shapes),
    shapeLists: state.shapes.usedLists().slice(),
    partitions: partitionLimits(state),
    partitionSets: partitionSets(state)
  };
}
var partitionSets = (state) => state.partitionSets.names.map((set) => set === "" ? [] : set.split(",").map(Number));
function partitionLimits(state) {
  return state.partitions.map(({ spec }) => ({
    name: spec.name,
    maxTimeS: spec.maxTimeS || UNLIMITED_S,
    maxNodes: spec.maxNodes || MAX_NODES,
    minNodes: spec.minNodes,
    priorityJobFactor: spec.priorityJobFactor,
    priorityTier: spec.priorityTier,
    up: spec.state === "UP"
  }));
}

// core/model/hostlist.ts
var MAX_HOSTS = 65536;
var MAX_HOST_NAME_LENGTH = 255;
var MAX_BRACKETS = 16;
var MAX_DIGITS = 15;
var HOSTLIST_FORMS = "node names like n1,n2 or n[1-3,7],gpu[008-010]";
var expandHostlist = (text, max = MAX_HOSTS) => {
  const long = tooLong(text);
  if (long !== void 0) return long;
  const names = [];
  let at = skipBlanks(text, 0);
  if (at === text.length) return parsed(names);
  for (; ; ) {
    const item = readItem(text, at);
    if (!item.ok) return item;
    if (names.length + item.value.count > max) return bad(`the list has more than ${max} names`, at);
    appendNames(names, item.value.segments);
    const end = skipBlanks(text, item.value.end);
    if (end === text.length) return parsed(names);
    at = text[end] === "," ? skipBlanks(text, end + 1) : end;
  }
};
var readItem = (text, start) => {
  const segments = [];
  let count = 1;
  let length = 0;
  let brackets = 0;
  let at = start;
  while (at < text.length && text[at] !== "," && !isBlank(text, at)) {
    if (text[at] === "[") {
      if (++brackets > MAX_BRACKETS) return bad(`a name has more than ${MAX_BRACKETS} brackets`, at);
      const bracket = readBracket(text, at + 1);
      if (!bracket.ok) return bracket;
      segments.push(bracket.value.ranges);
      count *= bracket.value.count;
      length += bracket.value.length;
      at = bracket.value.end;
    } else {
      const end = literalEnd(text, at);
      if (end === at) return bad(`${found(text, at)} does not belong in a name`, at);
      segments.push(text.slice(at, end));
      length += end - at;
      at = end;
    }
    if (count > MAX_HOSTS) return bad(`a name stands for more than ${MAX_HOSTS} names`, start);
    if (length > MAX_HOST_NAME_LENGTH)
      return bad(`a name is longer than ${MAX_HOST_NAME_LENGTH} characters`, start);
  }
  if (segments.length === 0) return bad(`a name is missing before ${found(text, at)}`, at);
  return parsed({ segments, count, end: at });
};
var readBracket = (text, start) => {
  const ranges = [];
  let count = 0;
  let length = 0;
  for (let at = start; ; ) {
    const range = readRange(text, at);
    if (!range.ok) return range;
    const { first, last, width, end } = range.value;
    count += last - first + 1;
    if (count > MAX_HOSTS) return bad(`a bracket stands for more than ${MAX_HOSTS} numbers`, at);
    length = Math.max(length, width, end - at);
    ranges.push(range.value);
    if (text[end] === "]") return parsed({ ranges, count, length, end: end + 1 });
    if (text[end] !== ",") return bad(`${found(text, end)} stands where , or ] belongs`, end);
    at = end + 1;
  }
};
var readRange = (text, at) => {
  let end = digitsEnd(text, at);
  if (end === at) return bad(`a number is missing before ${found(text, at)}`, at);
  if (end - at > MAX_DIGITS) return bad(`a number has more than ${MAX_DIGITS} digits`, at);
  const width = end - at;
  const first = readNumber(text, at, end);
  let last = first;
  if (text[end] === "-") {
    const from = end + 1;
    end = digitsEnd(text, from);
    if (end === from) return bad(`a number is missing before ${found(text, from)}`, from);
    if (end - from > MAX_DIGITS) return bad(`a number has more than ${MAX_DIGITS} digits`, from);
    last = readNumber(text, from, end);
    if (last < first) return bad("a range runs backwards", at);
  }
  return parsed({ first, last, width, end });
};
var appendNames = (names, segments) => {
  let made = [""];
  for (const segment of segments) {
    if (typeof segment === "string") {
      made = made.map((name) => name + segment);
      continue;
    }
    const longer = [];
    for (const name of made) {
      for (const { first, last, width } of segment) {
        for (let n = first; n <= last; n++) longer.push(name + `${n}`.padStart(width, "0"));
      }
    }
    made = longer;
  }
  for (const name of made) names.push(name);
};
var literalEnd = (text, at) => {
  let end = at;
  while (end < text.length && !isBlank(text, end) && !isControl(text, end) && !"[],{}".includes(text.charAt(end)))
    end++;
  return end;
};
var isBlank = (text, at) => {
  const code = text.charCodeAt(at);
  return code === 32 || code >= 9 && code <= 13;
};
var isControl = (text, at) => {
  const code = text.charCodeAt(at);
  return code < 32 || code === 127;
};
var skipBlanks = (text, at) => {
  let end = at;
  while (end < text.length && isBlank(text, end)) end++;
  return end;
};
var bad = (problem, at) => unparsed("INVALID_NODE_NAME", problem, at, HOSTLIST_FORMS);

// core/state/event-of.ts
function jobOf(state, event) {
  const job = state.jobs.get(event.jobId);
  if (job === void 0) {
    const message = `${event.type} at event ${state.lastSeq}: job ${event.jobId} does not exist`;
    throw new RotaError("JOURNAL_CORRUPT", message, { seq: state.lastSeq });
  }
  return job;
}
function demand(condition, state, event, what) {
  if (condition) return;
  throw new RotaError("JOURNAL_CORRUPT", `${event.type} at event ${state.lastSeq}: ${what}`, {
    seq: state.lastSeq
  });
}

// core/state/node-rows.ts
function writeNodeSpec(state, spec) {
  const known = state.nodeByName.get(spec.name);
  const record = known === void 0 ? addNode(state, spec) : state.nodeRecords[known];
  record.spec = spec;
  writeTotals(state, record);
  writeMembership(state, record);
  recomputeFree(state, record.index);
  return record;
}
function dimensionsOf(state, device) {
  const general = state.dimensions.intern(device.name);
  if (device.type === "") return [general];
  return [general, state.dimensions.intern(`${device.name}:${device.type}`)];
}
function writeMembership(state, record) {
  let lo = 0;
  let hi = 0;
  state.partitions.forEach((_, p) => {
    const members = state.partitionMembers[p];
    if (members !== void 0 && !members.has(record.spec.name)) return;
    if (p < 32) lo |= 1 << p;
    else hi |= 1 << p - 32;
  });
  state.nodes.columns.partitionLo[record.index] = lo >>> 0;
  state.nodes.columns.partitionHi[record.index] = hi >>> 0;
}
function writeFlags(state, record, registered) {
  state.nodes.columns.flags[record.index] = (registered ? NODE_FLAG.REGISTERED : 0) | (record.responding ? NODE_FLAG.RESPONDING : 0) | (record.down ? NODE_FLAG.DOWN : 0) | (record.drain ? NODE_FLAG.DRAIN : 0);
}
var isRegistered = (state, node) => (state.nodes.columns.flags[node] & NODE_FLAG.REGISTERED) !== 0;
function applyShare(state, share, sign) {
  const { columns, capacity } = state.nodes;
  const node = share.node;
  columns.freeCpus[node] += sign * share.cpus;
  columns.freeMemMib[node] += sign * share.memMib;
  columns.runningJobs[node] -= sign;
  const devices2 = state.nodeRecords[node]?.spec.devices ?? [];
  for (const { lane, thousandths } of share.devices) {
    const before = columns.laneFree[lane * capacity + node];
    const after = before + sign * thousandths;
    columns.laneFree[lane * capacity + node] = after;
    const device = devices2[lane];
    if (device === void 0) continue;
    const whole = Number(after === WHOLE_DEVICE) - Number(before === WHOLE_DEVICE);
    if (whole === 0) continue;
    for (const d of dimensionsOf(state, device)) columns.freeGres[d * capacity + node] += whole;
  }
}
function writeFreesAt(state, node) {
  let latest = 0;
  for (const id of state.nodeJobs[node] ?? []) {
    const rows = state.runningRows.get(id);
    const row = rows?.[0];
    if (row !== void 0) latest = Math.max(latest, state.running.columns.endS[row]);
  }
  state.nodes.columns.freesAtS[node] = latest;
}
function addNode(state, spec) {
  const index = nodeIndex(state.nodes.addRow());
  const record = {
    index,
    spec,
    responding: false,
    down: false,
    drain: false,
    reason: "",
    reasonUid: 0,
    reasonS: 0,
    registeredS: 0,
    lastBusyS: 0
  };
  state.nodeRecords[index] = record;
  state.nodeByName.set(spec.name, index);
  state.nodeJobs[index] = /* @__PURE__ */ new Set();
  return record;
}
function writeTotals(state, record) {
  const { columns, capacity } = state.nodes;
  const { spec, index } = record;
  columns.totalCpus[index] = spec.cpus;
  columns.totalMemMib[index] = spec.memoryMib;
  columns.threadsPerCore[index] = spec.threadsPerCore;
  columns.topologyLeaf[index] = spec.topologyLeaf === "" ? -1 : state.leaves.intern(spec.topologyLeaf);
  columns.hardwareClass[index] = state.hardwareClasses.intern(hardwareKey(spec));
  const [lo, hi] = featureBits(state, spec.features);
  columns.featureLo[index] = lo;
  columns.featureHi[index] = hi;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) columns.totalGres[d * capacity + index] = 0;
  for (const device of spec.devices.slice(0, DEVICE_LANES)) {
    for (const d of dimensionsOf(state, device)) {
      if (d < MAX_GRES_DIMENSIONS) columns.totalGres[d * capacity + index]++;
    }
  }
}
function featureBits(state, features) {
  let lo = 0;
  let hi = 0;
  for (const feature of features) {
    if (feature === "") continue;
    const bit = state.features.intern(feature);
    if (bit >= MAX_FEATURES) continue;
    if (bit < 32) lo |= 1 << bit;
    else hi |= 1 << bit - 32;
  }
  return [lo >>> 0, hi >>> 0];
}
var hardwareKey = (spec) => [
  spec.cpus,
  spec.threadsPerCore,
  spec.memoryMib,
  spec.devices.map((d) => `${d.name}:${d.type}`).join("+"),
  [...spec.features].sort().join("+")
].join("/");
function recomputeFree(state, node) {
  const { columns, capacity } = state.nodes;
  columns.freeCpus[node] = columns.totalCpus[node];
  columns.freeMemMib[node] = columns.totalMemMib[node];
  columns.runningJobs[node] = 0;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) {
    columns.freeGres[d * capacity + node] = columns.totalGres[d * capacity + node];
  }
  const lanes = state.nodeRecords[node].spec.devices.length;
  for (let l = 0; l < DEVICE_LANES; l++) columns.laneFree[l * capacity + node] = l < lanes ? WHOLE_DEVICE : 0;
  for (const id of state.nodeJobs[node] ?? []) {
    const share = state.jobs.get(id)?.allocation?.nodes.find((s) => s.node === node);
    if (share !== void 0) applyShare(state, share, -1);
  }
}

// core/state/pending-rows.ts
function writePendingRow(state, job) {
  let row = state.pendingRow.get(job.id);
  if (row === void 0) {
    row = state.pending.addRow();
    state.pendingRow.set(job.id, row);
    if (job.array !== void 0) state.arrays.get(job.array.arrayJobId)?.waiting.add(job.id);
  }
  const c = state.pending.columns;
  c.jobId[row] = job.id;
  c.shape[row] = job.shape;
  c.partitionSet[row] = partitionSetOf(state, job.partitions);
  c.timeLimitS[row] = job.timeLimitS;
  c.submitS[row] = job.submitS;
  c.eligibleS[row] = job.eligibleS;
  c.beginS[row] = job.beginS;
  c.nice[row] = job.nice;
  c.setPriority[row] = job.setPriority;
  c.qosPriority[row] = state.qos.find((q) => q.name === job.qos)?.priority ?? 0;
  c.flags[row] = flagsOf(job);
  const waiting = job.pendingTasks?.length ?? 1;
  c.tasksWaiting[row] = waiting;
  c.tasksStartable[row] = startableOf(state, job, waiting);
}
function writeStartable(state, job) {
  const row = state.pendingRow.get(job.id);
  if (row === void 0) return;
  state.pending.columns.tasksStartable[row] = startableOf(state, job, job.pendingTasks?.length ?? 1);
}
function removePendingRow(state, job) {
  const row = state.pendingRow.get(job.id);
  if (row === void 0) return;
  state.pendingRow.delete(job.id);
  if (job.array !== void 0) state.arrays.get(job.array.arrayJobId)?.waiting.delete(job.id);
  const moved = state.pending.removeRow(row);
  if (moved >= 0) state.pendingRow.set(state.pending.columns.jobId[row], row);
}
function partitionSetOf(state, names) {
  const indices = names.map((name) => state.partitions.findIndex((p) => p.spec.name === name)).filter((index) => index >= 0);
  return state.partitionSets.intern(indices.join(","));
}
function flagsOf(job) {
  let flags = 0;
  if (job.held === "user") flags |= PENDING_FLAG.HELD_USER;
  if (job.held === "admin") flags |= PENDING_FLAG.HELD_ADMIN;
  const never = isNeverMet(job);
  if (never) flags |= PENDING_FLAG.DEPENDENCY_NEVER;
  else if (isDependencyOpen(job)) flags |= PENDING_FLAG.DEPENDENCY;
  return flags;
}
function isDependencyOpen(job) {
  const states = job.dependencyStates ?? [];
  if (job.dependency === void 0 || states.length === 0) return false;
  return job.dependency.mode === "any" ? !states.includes("met") : states.some((s) => s !== "met");
}
function isNeverMet(job) {
  const states = job.dependencyStates ?? [];
  if (job.dependency === void 0 || states.length === 0) return false;
  return job.dependency.mode === "any" ? states.every((s) => s === "never") : states.includes("never");
}
function startableOf(state, job, waiting) {
  if (job.throttle === 0 || job.array === void 0) return waiting;
  const running = state.arrays.get(job.array.arrayJobId)?.running ?? 0;
  return Math.max(0, Math.min(waiting, job.throttle - running));
}

// core/state/running-rows.ts
function addRunningRows(state, job) {
  const rows = [];
  for (const share of job.allocation?.nodes ?? []) {
    applyShare(state, share, -1);
    const row = state.running.addRow();
    rows.push(row);
    const { columns } = state.running;
    columns.jobId[row] = job.id;
    columns.node[row] = share.node;
    columns.endS[row] = endByLimitS(job);
    columns.cpus[row] = share.cpus;
    columns.memMib[row] = share.memMib;
    writeGres(state, row, share);
    state.nodeJobs[share.node]?.add(job.id);
  }
  state.runningRows.set(job.id, rows);
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}
function removeRunningRows(state, job) {
  const rows = state.runningRows.get(job.id);
  if (rows === void 0) return;
  state.runningRows.delete(job.id);
  for (const share of job.allocation?.nodes ?? []) {
    applyShare(state, share, 1);
    state.nodeJobs[share.node]?.delete(job.id);
  }
  for (const row of [...rows].sort((a, b) => b - a)) {
    const moved = state.running.removeRow(row);
    if (moved < 0) continue;
    const owner = state.running.columns.jobId[row];
    const ownerRows = state.runningRows.get(owner);
    const at = ownerRows?.indexOf(moved) ?? -1;
    if (ownerRows !== void 0 && at >= 0) ownerRows[at] = row;
  }
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}
function updateRunningEnd(state, job) {
  for (const row of state.runningRows.get(job.id) ?? []) state.running.columns.endS[row] = endByLimitS(job);
  for (const share of job.allocation?.nodes ?? []) writeFreesAt(state, share.node);
}
function updateRunningGres(state, node) {
  for (const id of state.nodeJobs[node] ?? []) {
    const shares = state.jobs.get(id)?.allocation?.nodes ?? [];
    const at = shares.findIndex((share) => share.node === node);
    const row = state.runningRows.get(id)?.[at];
    if (row !== void 0) writeGres(state, row, shares[at]);
  }
}
function writeGres(state, row, share) {
  const { columns, capacity } = state.running;
  for (let d = 0; d < MAX_GRES_DIMENSIONS; d++) columns.gres[d * capacity + row] = 0;
  const devices2 = state.nodeRecords[share.node]?.spec.devices ?? [];
  for (const { lane } of share.devices) {
    const device = devices2[lane];
    if (device === void 0) continue;
    for (const d of dimensionsOf(state, device)) columns.gres[d * capacity + row]++;
  }
}
function endByLimitS(job) {
  return job.timeLimitS >= UNLIMITED_S ? UNLIMITED_S : Math.min(UNLIMITED_S, job.startS + job.timeLimitS);
}

// core/state/reduce-cluster.ts
function applyConfigured(state, event) {
  state.clusterName = event.clusterName;
  state.qos = event.qos;
  state.expectedNodes = event.nodes;
  state.partitions = event.partitions.map((spec, index) => ({ index: partitionIndex(index), spec }));
  state.partitionMembers = event.partitions.map((spec) => membersOf(spec.nodes));
  for (const node of event.nodes) {
    if (!state.nodeByName.has(node.name)) writeNodeSpec(state, expectedSpec(node));
  }
  for (const record of state.nodeRecords) writeMembership(state, record);
  for (let row = 0; row < state.pending.count; row++) {
    writePendingRow(state, state.jobs.get(jobId(state.pending.columns.jobId[row])));
  }
}
function applyNodeRegistered(state, event) {
  const record = writeNodeSpec(state, event.spec);
  updateRunningGres(state, record.index);
  record.responding = true;
  record.registeredS = event.atS;
  if (record.down && record.reason.startsWith("rota:")) {
    record.down = false;
    record.reason = "";
  }
  writeFlags(state, record, true);
}
function applyNodeChanged(state, event) {
  const record = state.nodeRecords[event.node];
  demand(record !== void 0, state, event, `node row ${event.node} does not exist`);
  if (record === void 0) return;
  if (event.responding !== void 0) record.responding = event.responding;
  if (event.down !== void 0) record.down = event.down;
  if (event.drain !== void 0) record.drain = event.drain;
  if (event.reason !== void 0) {
    record.reason = event.reason;
    record.reasonUid = event.uid ?? 0;
    record.reasonS = event.atS;
  }
  writeFlags(state, record, isRegistered(state, record.index));
}
function membersOf(nodes) {
  if (nodes.toUpperCase() === "ALL") return void 0;
  const names = expandHostlist(nodes);
  return new Set(names.ok ? names.value : []);
}
function expectedSpec(node) {
  return {
    name: node.name,
    hostname: node.name,
    address: node.name,
    cpus: node.cpus,
    sockets: 1,
    coresPerSocket: node.cpus,
    threadsPerCore: 1,
    memoryMib: node.memoryMib,
    devices: [],
    features: node.features,
    arch: "",
    os: "",
    version: "",
    bootS: 0,
    agentStartS: 0,
    topologyLeaf: node.topologyLeaf
  };
}

// core/model/job.ts
var isEnded = (state) => state !== "PENDING" && state !== "RUNNING";

// core/state/array-life.ts
function newArrayLife(arrayJobId, taskCount) {
  return {
    arrayJobId,
    taskCount,
    running: 0,
    started: 0,
    ended: 0,
    failed: 0,
    results: /* @__PURE__ */ new Map(),
    records: /* @__PURE__ */ new Set([arrayJobId]),
    waiting: /* @__PURE__ */ new Set()
  };
}
function membershipOf(arrayJobId, tasks) {
  const first = tasks[0] ?? 0;
  const second = tasks[1];
  const step = second === void 0 ? 1 : second - first;
  const even = tasks.every((task, index) => task === first + index * step);
  return {
    arrayJobId,
    taskCount: tasks.length,
    taskMin: first,
    taskMax: tasks[tasks.length - 1] ?? first,
    taskStep: even ? step : 1
  };
}
function recordTaskEnd(life, taskId, state) {
  const result = state === "COMPLETED" ? "ok" : "failed";
  life.ended++;
  if (result === "failed") life.failed++;
  life.results.set(taskId, result);
}
function forgetTaskEnd(life, taskId) {
  const result = life.results.get(taskId);
  if (result === void 0) return;
  life.results.delete(taskId);
  life.ended--;
  if (result === "failed") life.failed--;
}

// core/state/namesakes.ts
function addNamesake(state, job) {
  const key = keyOf(job);
  const ids = state.namesakes.get(key);
  if (ids === void 0) state.namesakes.set(key, /* @__PURE__ */ new Set([job.id]));
  else ids.add(job.id);
}
function removeNamesake(state, job) {
  const key = keyOf(job);
  const ids = state.namesakes.get(key);
  ids?.delete(job.id);
  if (ids?.size === 0) state.namesakes.delete(key);
}
var namesakesOf = (state, job) => state.namesakes.get(keyOf(job)) ?? NONE;
var NONE = /* @__PURE__ */ new Set();
var keyOf = (job) => `${job.spec.uid} ${job.name}`;

// core/state/dependencies.ts
var TASK_KEYS = 4194304;
function openDependency(state, job) {
  closeDependency(state, job);
  if (job.dependency === void 0) {
    delete job.dependencyStates;
    return;
  }
  evaluate(state, job);
  fileDependency(state, job);
}
function fileDependency(state, job) {
  job.dependency?.terms.forEach((term, i) => {
    if (job.dependencyStates?.[i] !== "waiting") return;
    if (term.kind === "singleton") state.singletons.add(job.id);
    else fileUnder(state, keyOf2(state, term), job.id);
  });
}
function closeDependency(state, job) {
  if (job.dependency === void 0) return;
  state.singletons.delete(job.id);
  for (const term of job.dependency.terms) {
    const key = keyOf2(state, term);
    const waiters = state.dependents.get(key);
    waiters?.delete(job.id);
    if (waiters?.size === 0) state.dependents.delete(key);
  }
}
function settleDependents(state, changed, tasks) {
  const ids = new Set(state.dependents.get(changed.id));
  if (changed.array !== void 0) {
    const { arrayJobId } = changed.array;
    for (const id of state.dependents.get(arrayJobId) ?? []) ids.add(id);
    for (const task of tasks)
      for (const id of state.dependents.get(taskKey(arrayJobId, task)) ?? []) ids.add(id);
  }
  const isStart = !isEnded(changed.state);
  for (const id of [...ids].sort((a, b) => a - b)) {
    const job = state.jobs.get(id);
    if (job !== void 0 && !(isStart && !job.dependency?.terms.some(isAfter))) settle(state, job);
  }
  if (!isStart) settleSingletons(state, changed);
}
function settleSingletons(state, gone) {
  for (; ; ) {
    const id = firstSingleton(state, gone);
    if (id === void 0) return;
    settle(state, state.jobs.get(id));
    if (state.singletons.has(id)) return;
  }
}
function firstSingleton(state, named) {
  if (state.singletons.size === 0) return void 0;
  let first;
  for (const id of namesakesOf(state, named)) {
    if ((first === void 0 || id < first) && state.singletons.has(id)) first = id;
  }
  return first;
}
function writeEligible(state, job) {
  if (isDependencyOpen(job)) job.eligibleS = 0;
  else if (job.eligibleS === 0) job.eligibleS = Math.max(state.lastAtS, job.beginS);
  else if (job.beginS > job.eligibleS) job.eligibleS = job.beginS;
}
function settle(state, job) {
  const before = job.dependencyStates;
  evaluate(state, job);
  if (job.dependencyStates?.every((s, i) => s === before?.[i]) === true) return;
  closeDependency(state, job);
  fileDependency(state, job);
  writePendingRow(state, job);
}
function evaluate(state, job) {
  const terms = job.dependency?.terms ?? [];
  const before = job.dependencyStates ?? [];
  job.dependencyStates = terms.map((term, i) => {
    const settled = before[i];
    if (settled === "met" || settled === "never") return settled;
    return stateOf(state, job, term);
  });
  writeEligible(state, job);
}
function stateOf(state, job, term) {
  if (term.kind === "singleton") return singletonState(state, job);
  const life = state.arrays.get(term.jobId);
  if (life !== void 0 && !(typeof term.arrayTask === "number")) return arrayState(state, job, life, term);
  if (life !== void 0) return taskState(state, job, life, term);
  const other = state.jobs.get(term.jobId);
  if (other === void 0) return "met";
  return jobState(job, other, term);
}
function jobState(job, other, term) {
  if (term.kind === "after") {
    if (other.startS === 0 && !isEnded(other.state)) return "waiting";
    delayBegin(job, begunS(other), term);
    return "met";
  }
  if (!isEnded(other.state)) return "waiting";
  return endState(term, other.state === "COMPLETED");
}
function endState(term, isOk) {
  switch (term.kind) {
    case "afterok":
    case "aftercorr":
      return isOk ? "met" : "never";
    case "afternotok":
      return isOk ? "never" : "met";
    default:
      return "met";
  }
}
function arrayState(state, job, life, term) {
  if (term.kind === "after") {
    if (life.running + life.ended < life.taskCount) return "waiting";
    delayBegin(job, lastBegunS(state, life), term);
    return "met";
  }
  const isDone = life.ended >= life.taskCount;
  if ((term.kind === "afterok" || term.kind === "aftercorr") && life.failed > 0) return "never";
  if (!isDone) return "waiting";
  return endState(term, life.failed === 0);
}
function taskState(state, job, life, term) {
  const result = life.results.get(term.arrayTask);
  if (result !== void 0 && !isAfter(term)) return endState(term, result === "ok");
  for (const id of life.records) {
    const record = state.jobs.get(id);
    if (record !== void 0 && standsFor(record, term.arrayTask))
      return jobState(job, record, term);
  }
  return "met";
}
var standsFor = (record, task) => record.array?.taskId === task || record.pendingTasks?.includes(task) === true;
function singletonState(state, job) {
  for (const id of namesakesOf(state, job)) {
    if (id >= job.id) continue;
    const other = state.jobs.get(id);
    if (job.array === void 0 || other?.array?.arrayJobId !== job.array.arrayJobId) return "waiting";
  }
  return "met";
}
function delayBegin(job, atS, term) {
  const beginS = atS + (term.delayMin ?? 0) * 60;
  if ((term.delayMin ?? 0) > 0 && beginS > job.beginS) job.beginS = beginS;
}
var begunS = (job) => job.startS === 0 ? job.endS : job.startS;
function lastBegunS(state, life) {
  let latest = 0;
  for (const id of life.records) {
    const record = state.jobs.get(id);
    if (record !== void 0) latest = Math.max(latest, begunS(record));
  }
  return latest;
}
var isAfter = (term) => term.kind === "after";
var keyOf2 = (state, term) => typeof term.arrayTask === "number" && state.arrays.has(term.jobId) ? taskKey(term.jobId, term.arrayTask) : term.jobId;
var taskKey = (arrayJobId, task) => -(arrayJobId * TASK_KEYS + task + 1);
function fileUnder(state, key, waiter) {
  const waiters = state.dependents.get(key);
  if (waiters === void 0) state.dependents.set(key, /* @__PURE__ */ new Set([waiter]));
  else waiters.add(waiter);
}

// core/state/reduce-queue.ts
function applySubmitted(state, event) {
  const id = jobId(event.jobId);
  const { job: fields2, array } = event;
  demand(!state.jobs.has(id), state, event, `job ${id} exists already`);
  demand(
    array === void 0 || isAscending(array.tasks),
    state,
    event,
    "task ids are not ascending, or none"
  );
  if (event.jobId >= state.nextJobId) state.nextJobId = event.jobId + 1;
  const job = {
    id,
    spec: fields2.spec,
    scriptKey: event.scriptKey,
    name: fields2.name,
    submitS: event.atS,
    requeueAllowed: fields2.requeueAllowed,
    request: fields2.request,
    shape: state.shapes.take(fields2.request, featureBits(state, fields2.request.features.split("&"))),
    partitions: fields2.partitions,
    timeLimitS: fields2.timeLimitS,
    nice: fields2.nice,
    account: fields2.account,
    qos: fields2.qos,
    comment: fields2.comment,
    state: "PENDING",
    throttle: array?.throttle ?? 0,
    held: fields2.held,
    beginS: fields2.beginS,
    eligibleS: 0,
    startS: 0,
    endS: 0,
    restarts: 0,
    partition: "",
    exitCode: 0,
    exitSignal: 0,
    endReason: "",
    setPriority: -1,
    ...fields2.dependency === void 0 ? {} : { dependency: fields2.dependency },
    ...array === void 0 ? {} : { array: membershipOf(id, array.tasks), pendingTasks: array.tasks }
  };
  state.jobs.set(id, job);
  addNamesake(state, job);
  if (array !== void 0) state.arrays.set(id, newArrayLife(id, array.tasks.length));
  openDependency(state, job);
  writeEligible(state, job);
  writePendingRow(state, job);
}
function applySplit(state, event) {
  const rest = jobOf(state, event);
  const tasks = rest.pendingTasks ?? [];
  const array = rest.array;
  const at = placeOf(tasks, event.taskId);
  const waits = rest.state === "PENDING" && at >= 0;
  demand(array !== void 0 && waits, state, event, `task ${event.taskId} does not wait`);
  if (array === void 0) return;
  const left = at === 0 ? tasks.slice(1) : tasks.toSpliced(at, 1);
  if (event.newJobId === event.jobId) {
    demand(left.length === 0, state, event, "tasks are left, so the record stays theirs");
    delete rest.pendingTasks;
    state.jobs.set(rest.id, { ...rest, array: { ...array, taskId: event.taskId } });
    writePendingRow(state, state.jobs.get(rest.id));
    return;
  }
  demand(left.length > 0, state, event, "the last task keeps the array's record");
  demand(!state.jobs.has(jobId(event.newJobId)), state, event, `job ${event.newJobId} exists already`);
  const id = jobId(event.newJobId);
  if (event.newJobId >= state.nextJobId) state.nextJobId = event.newJobId + 1;
  const { pendingTasks: _, ...fields2 } = rest;
  const task = { ...fields2, id, array: { ...array, taskId: event.taskId } };
  state.shapes.take(task.request, featureBits(state, task.request.features.split("&")));
  rest.pendingTasks = left;
  state.jobs.set(id, task);
  addNamesake(state, task);
  state.arrays.get(array.arrayJobId)?.records.add(id);
  if (task.dependency !== void 0) openDependency(state, task);
  writePendingRow(state, rest);
  writePendingRow(state, task);
}
function applyUpdated(state, event) {
  const before = jobOf(state, event);
  const change = event.change;
  const job = change.name === void 0 ? before : rename(state, before, change.name);
  writeChange(job, change);
  if (change.dependency !== void 0) {
    closeDependency(state, job);
    if (change.dependency === null) delete job.dependency;
    else job.dependency = change.dependency;
    delete job.dependencyStates;
  }
  if (job.state === "PENDING") openDependency(state, job);
  if (job !== before) settleSingletons(state, before);
  if (job.state === "RUNNING") {
    updateRunningEnd(state, job);
    return;
  }
  if (job.state !== "PENDING") return;
  writeEligible(state, job);
  writePendingRow(state, job);
}
function applyPurged(state, event) {
  const jobs = event.jobIds.map((id) => jobOf(state, { type: event.type, jobId: id }));
  demand(new Set(jobs).size === jobs.length, state, event, "a job is named twice");
  for (const job of jobs) demand(isEnded(job.state), state, event, `job ${job.id} has not ended`);
  for (const job of jobs) {
    state.jobs.delete(job.id);
    if (job.array === void 0) continue;
    const life = state.arrays.get(job.array.arrayJobId);
    life?.records.delete(job.id);
    if (life?.records.size === 0) state.arrays.delete(job.array.arrayJobId);
  }
}
function rename(state, before, name) {
  const job = { ...before, name };
  state.jobs.set(job.id, job);
  if (isEnded(job.state)) return job;
  removeNamesake(state, before);
  addNamesake(state, job);
  return job;
}
function placeOf(tasks, task) {
  let low = 0;
  for (let high = tasks.length; low < high; ) {
    const middle = low + high >> 1;
    if (tasks[middle] < task) low = middle + 1;
    else high = middle;
  }
  return tasks[low] === task ? low : -1;
}
var isAscending = (tasks) => tasks.length > 0 && tasks.every((task, i) => i === 0 || tasks[i - 1] < task);
function writeChange(job, change) {
  if (change.timeLimitS !== void 0) job.timeLimitS = change.timeLimitS;
  if (change.nice !== void 0) job.nice = change.nice;
  if (change.setPriority !== void 0) job.setPriority = change.setPriority;
  if (change.partitions !== void 0) job.partitions = change.partitions;
  if (change.qos !== void 0) job.qos = change.qos;
  if (change.account !== void 0) job.account = change.account;
  if (change.comment !== void 0) job.comment = change.comment;
  if (change.throttle !== void 0) job.throttle = change.throttle;
  if (change.held !== void 0) job.held = change.held;
  if (change.beginS !== void 0) {
    job.beginS = change.beginS;
    job.eligibleS = 0;
  }
}

// core/state/reduce-run.ts
function applyStarted(state, event) {
  const job = jobOf(state, event);
  demand(
    job.state === "PENDING" && job.pendingTasks === void 0,
    state,
    event,
    `job ${job.id} does not wait`
  );
  demandNodes(state, event);
  removePendingRow(state, job);
  closeDependency(state, job);
  job.state = "RUNNING";
  job.startS = event.atS;
  job.endS = 0;
  job.partition = event.partition;
  job.allocation = event.allocation;
  job.endReason = "";
  if (job.eligibleS === 0) job.eligibleS = event.atS;
  addRunningRows(state, job);
  for (const share of event.allocation.nodes) state.nodeRecords[share.node].lastBusyS = event.atS;
  const life = job.array === void 0 ? void 0 : state.arrays.get(job.array.arrayJobId);
  if (life !== void 0) {
    life.running++;
    if (job.restarts === 0) life.started++;
  }
  refreshWaiting(state, job);
  settleDependents(state, job, tasksOf(job));
}
function applyEnding(state, event) {
  const job = jobOf(state, event);
  demand(job.state === "RUNNING", state, event, `job ${job.id} does not run`);
  job.ending = { state: event.state, byUid: event.byUid, atS: event.atS, held: event.held ?? "" };
}
function applyEnded(state, event) {
  const job = jobOf(state, event);
  demand(!isEnded(job.state), state, event, `job ${job.id} has ended before`);
  demand(isEnded(event.state), state, event, `${event.state} is no end`);
  const wasRunning = job.state === "RUNNING";
  if (wasRunning) leaveNodes(state, job, event.atS);
  else removePendingRow(state, job);
  closeDependency(state, job);
  removeNamesake(state, job);
  state.shapes.release(job.shape);
  job.state = event.state;
  job.endS = event.atS;
  job.exitCode = event.exitCode;
  job.exitSignal = event.exitSignal;
  job.endReason = event.endReason;
  delete job.ending;
  countTaskEnds(state, job);
  refreshWaiting(state, job);
  settleDependents(state, job, tasksOf(job));
}
function applyRequeued(state, event) {
  const job = jobOf(state, event);
  demand(job.state !== "PENDING", state, event, `job ${job.id} waits already`);
  if (job.state === "RUNNING") leaveNodes(state, job, event.atS);
  else {
    addNamesake(state, job);
    job.shape = state.shapes.take(job.request, featureBits(state, job.request.features.split("&")));
    forgetTaskEnds(state, job);
  }
  job.state = "PENDING";
  job.restarts++;
  job.startS = 0;
  job.endS = 0;
  job.exitCode = 0;
  job.exitSignal = 0;
  job.partition = "";
  job.held = event.held;
  job.beginS = event.beginS;
  job.eligibleS = 0;
  job.endReason = event.endReason;
  delete job.ending;
  delete job.allocation;
  openDependency(state, job);
  writeEligible(state, job);
  writePendingRow(state, job);
  refreshWaiting(state, job);
}
function leaveNodes(state, job, atS) {
  removeRunningRows(state, job);
  for (const share of job.allocation?.nodes ?? []) state.nodeRecords[share.node].lastBusyS = atS;
  const life = job.array === void 0 ? void 0 : state.arrays.get(job.array.arrayJobId);
  if (life !== void 0) life.running--;
}
function tasksOf(job) {
  const taskId = job.array?.taskId;
  return taskId === void 0 ? job.pendingTasks ?? [] : [taskId];
}
function countTaskEnds(state, job) {
  const life = job.array === void 0 ? void 0 : state.arrays.get(job.array.arrayJobId);
  if (life === void 0) return;
  for (const task of tasksOf(job)) recordTaskEnd(life, task, job.state);
}
function forgetTaskEnds(state, job) {
  const life = job.array === void 0 ? void 0 : state.arrays.get(job.array.arrayJobId);
  if (life === void 0) return;
  for (const task of tasksOf(job)) forgetTaskEnd(life, task);
}
function refreshWaiting(state, job) {
  if (job.array === void 0) return;
  for (const id of state.arrays.get(job.array.arrayJobId)?.waiting ?? []) {
    const other = state.jobs.get(id);
    if (other !== void 0 && other.throttle > 0) writeStartable(state, other);
  }
}
function demandNodes(state, event) {
  const { nodes } = event.allocation;
  demand(nodes.length > 0, state, event, "the allocation has no nodes");
  demand(new Set(nodes.map(({ node }) => node)).size === nodes.length, state, event, "a node is named twice");
  for (const { node, cpus, memMib, devices: devices2 } of nodes) {
    demand(state.nodeRecords[node] !== void 0, state, event, `node row ${node} does not exist`);
    demand(cpus >= 0 && memMib >= 0, state, event, `${cpus} CPUs and ${memMib} MiB of node row ${node}`);
    for (const { lane, thousandths } of devices2) {
      const isShare = lane >= 0 && lane < DEVICE_LANES && thousandths > 0 && thousandths <= WHOLE_DEVICE;
      demand(isShare, state, event, `${thousandths} thousandths of lane ${lane} of node row ${node}`);
    }
  }
}

// core/state/reduce.ts
function reduceEncoded(state, eventSeq, bytes) {
  let event;
  try {
    event = decodeEvent(bytes);
  } catch (error) {
    if (!RotaError.is(error)) throw error;
    throw new RotaError("JOURNAL_CORRUPT", `event ${eventSeq}: ${error.message}`, { seq: eventSeq });
  }
  reduce(state, eventSeq, event);
  return event;
}
function reduce(state, eventSeq, event) {
  if (eventSeq !== state.lastSeq + 1) {
    throw new RotaError("JOURNAL_CORRUPT", `event ${eventSeq} follows event ${state.lastSeq}`, {
      seq: eventSeq
    });
  }
  const { lastSeq, lastAtS } = state;
  state.lastSeq = seq(eventSeq);
  if (event.atS > state.lastAtS) state.lastAtS = event.atS;
  try {
    apply(state, event);
  } catch (error) {
    state.lastSeq = lastSeq;
    state.lastAtS = lastAtS;
    if (RotaError.is(error)) throw error;
    const message = `${event.type} at event ${eventSeq}: ${error instanceof Error ? error.message : String(error)}`;
    throw new RotaError("JOURNAL_CORRUPT", message, { seq: eventSeq });
  }
}
function apply(state, event) {
  switch (event.type) {
    case "cluster.configured":
      applyConfigured(state, event);
      break;
    case "node.registered":
      applyNodeRegistered(state, event);
      break;
    case "node.changed":
      applyNodeChanged(state, event);
      break;
    case "job.submitted":
      applySubmitted(state, event);
      break;
    case "task.split":
      applySplit(state, event);
      break;
    case "job.updated":
      applyUpdated(state, event);
      break;
    case "job.started":
      applyStarted(state, event);
      break;
    case "job.ending":
      applyEnding(state, event);
      break;
    case "job.ended":
      applyEnded(state, event);
      break;
    case "job.requeued":
      applyRequeued(state, event);
      break;
    case "jobs.purged":
      applyPurged(state, event);
      break;
    default:
      throw unknownType(state, event);
  }
}
function unknownType(state, event) {
  const { type } = event;
  const message = `event ${state.lastSeq} is of unknown type ${String(type)}`;
  return new RotaError("JOURNAL_CORRUPT", message, { seq: state.lastSeq });
}

// core/state/snapshot.ts
import { Packr as Packr2 } from "msgpackr";
var SNAPSHOT_VERSION = 1;
var packr2 = new Packr2({ useRecords: false, variableMapSize: true });
function encodeState(state) {
  const encoded = {
    version: SNAPSHOT_VERSION,
    lastSeq: state.lastSeq,
    lastAtS: state.lastAtS,
    nextJobId: state.nextJobId,
    clusterName: state.clusterName,
    nodes: tableBytes(state.nodes),
    pending: tableBytes(state.pending),
    running: tableBytes(state.running),
    shapes: tableBytes(state.shapes.table),
    shapeRequests: Array.from(state.shapes.requests, (request) => request ?? null),
    shapeFree: state.shapes.freeRows,
    shapeLists: bytesOf(state.shapes.usedLists()),
    shapeUnused: state.shapes.unusedListEntries,
    nodeRecords: state.nodeRecords,
    expectedNodes: state.expectedNodes,
    partitions: state.partitions,
    qos: state.qos,
    interned: internedOf(state).map((interned) => interned.names),
    jobs: [...state.jobs.values()].sort((a, b) => a.id - b.id),
    arrays: [...state.arrays.values()].sort((a, b) => a.arrayJobId - b.arrayJobId).map(({ results, records, waiting: _, ...life }) => ({
      life,
      results: [...results].sort((a, b) => a[0] - b[0]),
      records: [...records].sort((a, b) => a - b)
    }))
  };
  return Uint8Array.from(packr2.pack(canonical(encoded)));
}
function decodeState(bytes) {
  const encoded = unpack(bytes);
  if (encoded?.version !== SNAPSHOT_VERSION) {
    throw new RotaError(
      "JOURNAL_CORRUPT",
      `snapshot version ${encoded?.version}, this build reads ${SNAPSHOT_VERSION}`
    );
  }
  const state = emptyState();
  state.lastSeq = seq(encoded.lastSeq);
  state.lastAtS = encoded.lastAtS;
  state.nextJobId = encoded.nextJobId;
  state.clusterName = encoded.clusterName;
  restoreTable(state.nodes, encoded.nodes);
  restoreTable(state.pending, encoded.pending);
  restoreTable(state.running, encoded.running);
  restoreTable(state.shapes.table, encoded.shapes);
  state.shapes.restore({
    requests: encoded.shapeRequests.map((request) => request ?? void 0),
    freeRows: [...encoded.shapeFree],
    lists: new Int32Array(Uint8Array.from(encoded.shapeLists).buffer),
    unused: encoded.shapeUnused
  });
  state.expectedNodes = encoded.expectedNodes;
  state.partitions = [...encoded.partitions];
  state.qos = encoded.qos;
  internedOf(state).forEach((interned, i) => {
    for (const name of encoded.interned[i] ?? []) interned.intern(name);
  });
  for (const record of encoded.nodeRecords) state.nodeRecords.push(record);
  for (const job of encoded.jobs) state.jobs.set(job.id, job);
  for (const { life, results, records } of encoded.arrays) {
    state.arrays.set(life.arrayJobId, {
      ...life,
      results: new Map(results),
      records: new Set(records),
      waiting: /* @__PURE__ */ new Set()
    });
  }
  rebuildIndices(state);
  return state;
}
function unpack(bytes) {
  try {
    return packr2.unpack(bytes);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new RotaError("JOURNAL_CORRUPT", `snapshot is no MessagePack: ${cause}`);
  }
}
var internedOf = (state) => [
  state.dimensions,
  state.features,
  state.leaves,
  state.hardwareClasses,
  state.partitionSets
];
function rebuildIndices(state) {
  state.partitionMembers = state.partitions.map(({ spec }) => {
    if (spec.nodes.toUpperCase() === "ALL") return void 0;
    const names = expandHostlist(spec.nodes);
    return new Set(names.ok ? names.value : []);
  });
  for (const record of state.nodeRecords) {
    state.nodeByName.set(record.spec.name, record.index);
    state.nodeJobs[record.index] = /* @__PURE__ */ new Set();
  }
  const pendingIds = state.pending.columns.jobId;
  for (let row = 0; row < state.pending.count; row++) state.pendingRow.set(pendingIds[row], row);
  indexRunning(state);
  for (const job of state.jobs.values()) {
    if (!isEnded(job.state)) addNamesake(state, job);
    if (job.state !== "PENDING") continue;
    fileDependency(state, job);
    if (job.array !== void 0) state.arrays.get(job.array.arrayJobId)?.waiting.add(job.id);
  }
}
function indexRunning(state) {
  const { jobId: jobId2, node } = state.running.columns;
  const rowByNode = /* @__PURE__ */ new Map();
  for (let row = 0; row < state.running.count; row++) {
    const id = jobId2[row];
    const rows = rowByNode.get(id) ?? /* @__PURE__ */ new Map();
    rows.set(node[row], row);
    rowByNode.set(id, rows);
  }
  for (const [id, rows] of rowByNode) {
    const shares = state.jobs.get(id)?.allocation?.nodes ?? [];
    state.runningRows.set(
      id,
      shares.map((share) => rows.get(share.node))
    );
    for (const share of shares) state.nodeJobs[share.node]?.add(id);
  }
}
function tableBytes(table) {
  const parts = [...table.encode()];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return { count: table.count, bytes };
}
function restoreTable(table, from) {
  while (table.count < from.count) table.addRow();
  let offset = 0;
  for (const part of table.encode()) {
    part.set(from.bytes.subarray(offset, offset + part.byteLength));
    offset += part.byteLength;
  }
}
var bytesOf = (array) => new Uint8Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength));
function canonical(value) {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(canonical);
  const sorted = {};
  const record = value;
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== void 0) sorted[key] = canonical(record[key]);
  }
  return sorted;
}

// bench/report.ts
function report(name, isRight2, figures2) {
  if (process.argv.includes("--json")) {
    process.stdout.write(`${JSON.stringify({ name, isRight: isRight2, ...figures2 })}
`);
  } else {
    const words = Object.entries(figures2).map(([key, value]) => `  ${key} ${value}`);
    process.stdout.write(`${name}: result ${isRight2 ? "right" : "WRONG"}
${words.join("\n")}
`);
  }
  if (!isRight2) process.exitCode = 1;
}
var median = (values) => percentile(values, 50);
function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(p / 100 * sorted.length) - 1));
  return Math.round((sorted[at] ?? 0) * 100) / 100;
}

// bench/state/cluster.ts
var CPUS = 128;
var GPUS = 8;
var SHAPES = 40;
var BenchCluster = class {
  state = emptyState();
  events = [];
  nowS = 18e8;
  constructor(nodes) {
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "bench",
      partitions: [
        {
          name: "batch",
          nodes: "ALL",
          isDefault: true,
          maxTimeS: 86400,
          defaultTimeS: 0,
          maxNodes: nodes,
          minNodes: 0,
          defMemPerCpuMib: 0,
          defMemPerNodeMib: 0,
          priorityJobFactor: 1,
          priorityTier: 1,
          state: "UP"
        }
      ],
      qos: [{ name: "normal", priority: 10 }],
      nodes: []
    });
    for (let i = 0; i < nodes; i++)
      this.apply({ type: "node.registered", atS: this.nowS, spec: nodeSpec(i) });
  }
  submit(user, over) {
    const id = this.state.nextJobId;
    const job = fields(user, requestOf(id % SHAPES), over);
    this.apply({ type: "job.submitted", atS: this.nowS, jobId: id, scriptKey: id, job });
    return id;
  }
  submitArray(count, throttle) {
    const id = this.state.nextJobId;
    const tasks = Array.from({ length: count }, (_, task) => task);
    const job = fields("u", requestOf(0), {});
    this.apply({
      type: "job.submitted",
      atS: this.nowS,
      jobId: id,
      scriptKey: id,
      job,
      array: { tasks, throttle }
    });
    return id;
  }
  after(kind, jobId2, arrayTask) {
    const term = { kind, jobId: jobId2, ...arrayTask === void 0 ? {} : { arrayTask } };
    return { dependency: { mode: "all", terms: [term] } };
  }
  split(jobId2, taskId) {
    const isLast = this.state.jobs.get(jobId2)?.pendingTasks?.length === 1;
    const newJobId = isLast ? jobId2 : this.state.nextJobId;
    this.apply({ type: "task.split", atS: this.nowS, jobId: jobId2, taskId, newJobId });
    return newJobId;
  }
  /** On one node, with one device: the `nth` job of the node. */
  start(jobId2, node, nth) {
    const devices2 = [{ lane: nth % GPUS, thousandths: WHOLE_DEVICE }];
    const share = { node: nodeIndex(node), tasks: 1, cpus: 16, memMib: 4e3, devices: devices2 };
    const allocation = { nodes: [share] };
    this.apply({ type: "job.started", atS: this.nowS, jobId: jobId2, partition: "batch", allocation });
  }
  end(jobId2) {
    const ended = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" };
    this.apply({ type: "job.ended", atS: this.nowS, jobId: jobId2, ...ended });
  }
  run(jobId2, node) {
    this.start(jobId2, node, 0);
    this.end(jobId2);
  }
  requeueHeld(jobId2) {
    this.apply({ type: "job.requeued", atS: this.nowS, jobId: jobId2, beginS: 0, held: "user", endReason: "" });
  }
  purge(jobIds) {
    this.apply({ type: "jobs.purged", atS: this.nowS, jobIds });
  }
  /** Whether all that was given has come back. */
  isIdle() {
    const { columns, count } = this.state.nodes;
    for (let node = 0; node < count; node++) {
      if (columns.freeCpus[node] !== CPUS || columns.freeGres[node] !== GPUS) return false;
    }
    return this.state.running.count === 0 && this.state.pending.count === 0;
  }
  apply(event) {
    this.events.push(event);
    reduce(this.state, this.events.length, event);
  }
};
var devices = Array.from({ length: GPUS }, (_, lane) => ({
  name: "gpu",
  type: "h100",
  vendor: "nvidia",
  model: "H100",
  uuid: `gpu-${lane}`,
  pci: `0000:${lane}b:00.0`,
  numaNode: lane >> 2,
  memoryMib: 81920,
  plugin: "generic-pci",
  vendorIndex: lane,
  files: [`/dev/nvidia${lane}`]
}));
var nodeSpec = (i) => ({
  name: `n${i}`,
  hostname: `n${i}`,
  address: "10.0.0.1",
  cpus: CPUS,
  sockets: 2,
  coresPerSocket: 64,
  threadsPerCore: 1,
  memoryMib: 1048576,
  devices,
  features: ["ib"],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 1,
  agentStartS: 2,
  topologyLeaf: `leaf${i >> 5}`
});
var requestOf = (shape) => ({
  minNodes: 1,
  maxNodes: 1,
  tasks: 1,
  tasksPerNode: 1,
  cpusPerTask: 16,
  cpus: 16,
  memMib: 4e3 + shape,
  memPer: "node",
  memPerMib: 4e3 + shape,
  gres: [{ dimension: 0, count: 1 }],
  exclusive: false,
  oneThreadPerCore: 0,
  features: "",
  requiredNodes: [],
  excludedNodes: []
});
var fields = (user, request, over) => ({
  spec: {
    user,
    uid: 1e3,
    group: "users",
    gid: 100,
    workDir: `/home/${user}/run`,
    scriptPath: `/home/${user}/run/job.sh`,
    args: ["--epochs", "10"],
    submitHost: "login1",
    output: "out-%j.txt"
  },
  name: "train",
  request,
  partitions: ["batch"],
  timeLimitS: 3600,
  nice: 0,
  account: "physics",
  qos: "normal",
  comment: "",
  held: "",
  beginS: 0,
  requeueAllowed: true,
  ...over
});

// bench/state/state.ts
var isTiny = process.argv.includes("--tiny");
var NODES = isTiny ? 50 : 12500;
var JOBS = isTiny ? 200 : 5e4;
var LINKED_JOBS = isTiny ? 50 : 1e4;
var SNAPSHOTS = isTiny ? 2 : 30;
var USERS = 200;
var figures = { nodes: NODES, jobs: JOBS, linkedJobs: LINKED_JOBS };
function rate(cluster, run) {
  const before = cluster.state.lastSeq;
  const startMs = performance.now();
  run();
  return Math.round((cluster.state.lastSeq - before) * 1e3 / (performance.now() - startMs));
}
function timeMs(run) {
  const startMs = performance.now();
  run();
  return performance.now() - startMs;
}
function measureLife() {
  const cluster = new BenchCluster(NODES);
  const ids = [];
  figures["submitPerS"] = rate(cluster, () => {
    for (let i = 0; i < JOBS; i++)
      ids.push(cluster.submit(`u${i % USERS}`, { timeLimitS: 600 + i % 50 * 60 }));
  });
  const copies = [];
  let into;
  for (let i = 0; i < SNAPSHOTS; i++) {
    copies.push(
      timeMs(() => {
        into = snapshotForPass(cluster.state, cluster.nowS, into);
      })
    );
  }
  figures["snapshotForPassMs"] = median(copies);
  let bytes = new Uint8Array();
  figures["encodeStateMs"] = Math.round(
    timeMs(() => {
      bytes = encodeState(cluster.state);
    })
  );
  figures["stateMib"] = Math.round(bytes.length / 2 ** 20);
  let restored = emptyState();
  figures["decodeStateMs"] = Math.round(
    timeMs(() => {
      restored = decodeState(bytes);
    })
  );
  const isSame = Buffer.compare(encodeState(restored), bytes) === 0;
  figures["startPerS"] = rate(cluster, () => {
    ids.forEach((id, i) => cluster.start(id, i % NODES, Math.floor(i / NODES)));
  });
  figures["endPerS"] = rate(cluster, () => {
    for (const id of ids) cluster.end(id);
  });
  figures["purgePerS"] = Math.round(JOBS * 1e3 / timeMs(() => cluster.purge(ids)));
  return isSame && cluster.state.jobs.size === 0 && cluster.isIdle();
}
function measureReplay() {
  const cluster = new BenchCluster(NODES);
  for (let i = 0; i < JOBS; i++) {
    const id = cluster.submit(`u${i % USERS}`, {});
    cluster.start(id, i % NODES, 0);
    cluster.end(id);
  }
  const journal = cluster.events.map((event) => encodeEvent(event));
  const state = emptyState();
  const ms = timeMs(() => {
    journal.forEach((bytes, i) => {
      reduceEncoded(state, i + 1, bytes);
    });
  });
  figures["replayPerS"] = Math.round(journal.length * 1e3 / ms);
  return state.lastSeq === cluster.state.lastSeq && state.jobs.size === JOBS;
}
function measureArrays() {
  for (const [name, throttle] of [["arrayPerS", 0], ["limitedArrayPerS", 8]]) {
    const cluster = new BenchCluster(NODES);
    const array = cluster.submitArray(LINKED_JOBS, throttle);
    figures[name] = rate(cluster, () => {
      for (let task = 0; task < LINKED_JOBS; task++) {
        const id = cluster.split(array, task);
        cluster.start(id, task % NODES, 0);
        if (task % 2 === 0) cluster.end(id);
        else cluster.requeueHeld(id);
      }
    });
  }
}
function measureDependencies() {
  const chain = new BenchCluster(NODES);
  figures["chainPerS"] = rate(chain, () => {
    const ids = [chain.submit("u", {})];
    for (let i = 1; i < LINKED_JOBS; i++) ids.push(chain.submit("u", chain.after("afterok", ids[i - 1])));
    for (const [i, id] of ids.entries()) chain.run(id, i % NODES);
  });
  const fan = new BenchCluster(NODES);
  figures["fanOutPerS"] = rate(fan, () => {
    const first = fan.submit("u", {});
    for (let i = 1; i < LINKED_JOBS; i++) fan.submit("u", fan.after("afterok", first));
    fan.run(first, 0);
  });
  const tasks = new BenchCluster(NODES);
  figures["taskByTaskPerS"] = rate(tasks, () => {
    const array = tasks.submitArray(LINKED_JOBS, 0);
    for (let i = 0; i < LINKED_JOBS; i++) tasks.submit("u", tasks.after("afterok", array, i));
    for (let i = 0; i < LINKED_JOBS; i++) tasks.run(tasks.split(array, i), i % NODES);
  });
  const singles = new BenchCluster(NODES);
  figures["singletonPerS"] = rate(singles, () => {
    const ids = [];
    for (let i = 0; i < LINKED_JOBS; i++) ids.push(singles.submit("u", singles.after("singleton", 0)));
    for (const [i, id] of ids.entries()) singles.run(id, i % NODES);
  });
}
var isRight = [measureLife(), measureReplay()].every((each) => each);
measureArrays();
measureDependencies();
report("state", isRight, figures);
