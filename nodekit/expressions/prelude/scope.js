// What an expression may see, by name: n8n's variables, and which globals of JavaScript there are.
//
// A resolver gives the value of a variable. Those of one item are asked again for each item; all
// others once a request. Variables that look further ($input, $('Step'), ...) are objects whose
// properties are worked out when they are read, for the item at hand.
'use strict';

{
  const { $nk } = globalThis;
  const { state, need, ExpressionError } = $nk;

  const NATIVE = new Set(('Array Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array '
    + 'Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Map Set WeakMap '
    + 'WeakSet Error TypeError SyntaxError EvalError RangeError ReferenceError URIError String RegExp '
    + 'Math Number BigInt Infinity NaN isFinite isNaN parseFloat parseInt JSON ArrayBuffer '
    + 'SharedArrayBuffer Atomics DataView encodeURI encodeURIComponent decodeURI decodeURIComponent '
    + 'Boolean Symbol Date undefined').split(' '));
  const EMPTY = new Set(('globalThis window global self document eval Function setTimeout setInterval '
    + 'setImmediate clearTimeout clearInterval fetch XMLHttpRequest Promise Generator '
    + 'GeneratorFunction AsyncFunction AsyncGenerator AsyncGeneratorFunction WebAssembly Reflect Proxy '
    + 'require module Buffer __dirname __filename escape unescape alert prompt confirm top parent '
    + 'this').split(' '));
  const WORDS = new Set('arguments await async eval let of static'.split(' '));
  const OBJECT_LACKS = new Set(['defineProperty', 'defineProperties', 'getPrototypeOf', 'setPrototypeOf',
    'getOwnPropertyDescriptor', 'getOwnPropertyDescriptors', '__defineGetter__', '__defineSetter__']);

  const clone = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));
  const given = (...key) => {
    const id = JSON.stringify(key);
    const found = state.near.get(id) ?? state.turn.get(id);
    if (found === undefined) need(...key);
    if (found?.$error) throw new ExpressionError(found.$error.message, found.$error.kind, found.$error.hint);
    if (state.copies) return copied(id, found);
    return state.changes ? clone(found) : found;
  };
  // A code node may change what it is given, and sees its own changes; nobody else does.
  const copied = (id, found) => {
    if (!state.copies.has(id)) state.copies.set(id, clone(found));
    return state.copies.get(id);
  };
  const getters = (object, table) => {
    for (const [name, get] of Object.entries(table)) {
      Object.defineProperty(object, name, { get, enumerable: true, configurable: true });
    }
    return object;
  };

  const noInput = (index = state.index) => {
    const { previous, count } = state.facts.input;
    if (count === 0 || previous === null) {
      return new ExpressionError(previous === null ? 'No execution data available'
        : `Node '${previous}' hasn't been executed`, 'no_execution_data');
    }
    return new ExpressionError(
      `"${previous}" node has ${count} item(s) but you're trying to access item ${index}`, 'item_index');
  };
  const inInput = (index) => {
    if (!Number.isInteger(index) || index < 0 || index >= state.facts.input.count) throw noInput(index);
  };
  const raising = (make) => new Proxy({}, {
    get() { throw make(); }, has() { throw make(); }, ownKeys() { throw make(); },
  });

  // The current item: its json comes with the request, the rest is fetched.
  const json = () => {
    const { index } = state;
    if (state.row === null) return raising(() => noInput(index));
    return state.changes && !state.copies ? clone(state.row) : state.row;
  };
  const whole = (index) => (state.copies ? given('input')[index] : given('item', index));
  const item = () => {
    if (state.row === null) throw noInput();
    if (state.copies) return whole(state.index);
    return getters({}, {
      json,
      binary: () => whole(state.index).binary,
      pairedItem: () => whole(state.index).pairedItem,
    });
  };
  const binary = () => (state.row === null ? {} : state.facts.binary ? whole(state.index).binary ?? {} : {});

  // Other items of the input than the one at hand: a slice does not have them all. Python says so.
  const across = (index) => { if (state.facts.sliced && index !== state.index) given('input'); };

  const noArguments = (name, args) => {
    if (state.each) throw new Error(`Can't use .${name}() here`);
    if (args.length > 0) {
      throw new ExpressionError(`$input.${name}() should have no arguments`, 'input_arguments');
    }
    across();
    if (state.facts.input.count === 0) throw new ExpressionError('No execution data available', 'no_execution_data');
  };
  const input = getters({}, { item, params: () => previous().params, context: () => previous().context });
  Object.assign(input, {
    first(...args) { noArguments('first', args); return whole(0); },
    last(...args) { noArguments('last', args); return whole(state.facts.input.count - 1); },
    all(...args) { noArguments('all', args); return [...given('input')]; },
  });
  const previous = () => (state.facts.input.previous === null ? {} : meta(state.facts.input.previous));

  // Another step.
  const meta = (name) => {
    const found = $nk.isObject(name) || name === null ? null : given('step', String(name));
    if (found === null) throw new ExpressionError("Referenced node doesn't exist", 'node_not_found', `There is no step named "${name}".`);
    return found;
  };
  const executed = (name) => {
    const found = meta(name);
    if (!found.executed) {
      throw new ExpressionError(`Node '${name}' hasn't been executed`, 'no_execution_data',
        `Make sure that "${name}" has run, or ask $('${name}').isExecuted first.`);
    }
    return found;
  };
  const output = (what, name, branch, run) => {
    const found = executed(name);
    return given(what, name, branch ?? found.output, run ?? found.runs - 1);
  };
  const paired = (name, index) => {
    executed(name);
    across(index);
    const found = given('paired', name, index);
    return found.$none ? undefined : found;
  };

  const steps = (name) => {
    if (name === undefined) name = state.facts.input.previous;
    meta(name);
    const matching = (index) => {
      if (index === undefined) {
        executed(name);
        throw new ExpressionError('Missing item index for .itemMatching()', 'item_index');
      }
      return paired(name, index);
    };
    return getters({
      pairedItem: (index) => paired(name, index ?? state.index),
      itemMatching: matching,
      first: (branch, run) => output('first', name, branch, run) ?? undefined,
      last: (branch, run) => output('last', name, branch, run) ?? undefined,
      all: (branch, run) => [...output('all', name, branch, run)],
    }, {
      item: () => paired(name, state.index),
      isExecuted: () => meta(name).executed,
      params: () => executed(name).params,
      context: () => executed(name).context,
    });
  };

  // $node["Step"]: the item at the same index.
  const beside = (name) => {
    const at = () => {
      const found = executed(name);
      if (!found.connected) {
        throw new ExpressionError(`connect "${name}" to "${state.facts.step}"`, 'paired_item_no_connection',
          `No path leads from "${name}" to this step.`);
      }
      const items = given('all', name, found.output, found.runs - 1);
      if (state.index >= items.length) {
        throw new ExpressionError(
          `"${name}" node has ${items.length} item(s) but you're trying to access item ${state.index}`, 'item_index');
      }
      return items[state.index];
    };
    meta(name);
    return getters({}, {
      json: () => at().json,
      data: () => at().json,
      binary: () => at().binary ?? {},
      context: () => meta(name).context,
      parameter: () => meta(name).params,
      runIndex: () => meta(name).runs - 1,
    });
  };
  const node = new Proxy({}, {
    get: (_, name) => (typeof name === 'string' ? beside(name) : undefined),
    has: () => true,
  });

  const items = (name, branch = 0, run) => {
    if (name !== undefined) return [...output('all', name, branch, run)];
    return state.facts.input.count === 0 ? [] : [...given('input')];
  };

  // $item(i): the variables as another item sees them.
  const elsewhere = (index) => {
    across(index);
    inInput(index);
    const seen = (get) => () => {
      const kept = [state.index, state.row];
      state.index = index;
      state.row = given('item', index).json;
      try { return get(); } finally { [state.index, state.row] = kept; }
    };
    const table = {};
    for (const name of ['$json', '$data', '$binary', '$itemIndex', '$position', '$thisItem', '$input',
      '$workflow', '$runIndex', '$parameter']) table[name] = seen(() => $nk.resolve(name));
    const there = getters({ $item: elsewhere }, table);
    there.$node = new Proxy({}, { get: (_, name) => (typeof name === 'string'
      ? getters({}, Object.fromEntries(['json', 'data', 'binary', 'context', 'parameter', 'runIndex']
        .map((key) => [key, seen(() => beside(name)[key])]))) : undefined) });
    return there;
  };

  const env = () => new Proxy(state.facts.env, {
    get(names, name) {
      if (typeof name !== 'string' || Object.hasOwn(names, name)) return names[name];
      if (state.facts.envAllowed?.includes(name)) return undefined;
      throw new ExpressionError('access to env vars denied', 'env',
        `Name "${name}" under settings.env to let expressions read it.`);
    },
  });

  const secondsNow = () => part('dates').DateTime.fromMillis(state.facts.now);
  const part = (name) => $nk.part(name);
  const restricted = new Proxy(Object, {
    get: (of, name) => (OBJECT_LACKS.has(name) ? undefined : of[name]),
    construct: (of, args) => of(...args),
  });

  const custom = {
    set: (key, value) => { state.custom[key] = String(value); },
    setAll: (values) => { for (const [key, value] of Object.entries(values)) custom.set(key, value); },
    get: (key) => state.custom[key],
    getAll: () => ({ ...state.custom }),
  };

  const PER_ITEM = {
    $json: json,
    $data: json,
    $binary: binary,
    $itemIndex: () => state.index + (state.facts.offset ?? 0),
    $position: () => state.index + (state.facts.offset ?? 0),
    $thisItemIndex: () => state.index + (state.facts.offset ?? 0),
    $thisItem: () => (state.row === null ? undefined : item()),
  };
  const PER_REQUEST = {
    $input: () => input,
    $: () => steps,
    $node: () => node,
    $items: () => items,
    $item: () => elsewhere,
    $runIndex: () => state.facts.runIndex,
    $thisRunIndex: () => state.facts.runIndex,
    $now: () => secondsNow(),
    $today: () => secondsNow().startOf('day'),
    $workflow: () => state.facts.workflow,
    $execution: () => ({ ...state.facts.execution, customData: custom }),
    $executionId: () => state.facts.execution.id,
    $prevNode: () => state.facts.prevNode ?? {},
    $parameter: () => clone(state.facts.parameter),
    $rawParameter: () => clone(state.facts.parameter),
    $vars: () => clone(state.facts.vars),
    $secrets: () => ({}),
    $env: env,
    $nodeVersion: () => state.facts.nodeVersion ?? 1,
    $nodeId: () => state.facts.nodeId ?? state.facts.step,
    $mode: () => state.facts.execution.mode,
    $self: () => ({}),
    $evaluateExpression: () => (text, index) => $nk.evaluateText(text, index),
    $jmespath: () => (data, query) => part('jmespath').search(data, query),
    $jmesPath: () => (data, query) => part('jmespath').search(data, query),
    DateTime: () => part('dates').DateTime,
    Duration: () => part('dates').Duration,
    Interval: () => part('dates').Interval,
    Intl: () => part('intl').Intl,
    Object: () => restricted,
    process: () => ({ arch: 'x64', env: {}, pid: 1, ppid: 0, platform: 'linux', release: {}, version: '',
      versions: {} }),
  };
  for (const name of ['ifEmpty', 'min', 'max', 'average', 'not']) {
    PER_REQUEST[`$${name}`] = PER_REQUEST[name] = () => part('helpers')[name];
  }
  for (const name of ['if', 'fromAI', 'fromAi', 'fromai']) PER_REQUEST[`$${name}`] = () => part('helpers')[name.toLowerCase()];
  for (const name of ['numberList', 'zip', 'toPathSegment']) PER_REQUEST[name] = () => part('helpers')[name];
  delete PER_REQUEST.ifEmpty;
  // What only a node that evaluates while it runs can tell.
  for (const name of ['$response', '$request', '$pageCount']) PER_REQUEST[name] = () => state.facts.extra?.[name];

  $nk.native = (name) => NATIVE.has(name);
  $nk.perItem = (name) => Object.hasOwn(PER_ITEM, name);
  $nk.unknown = (name) => !Object.hasOwn(PER_ITEM, name) && !Object.hasOwn(PER_REQUEST, name)
    && !EMPTY.has(name) && !WORDS.has(name);
  $nk.resolve = (name) => {
    if (Object.hasOwn(PER_ITEM, name)) return PER_ITEM[name]();
    if (Object.hasOwn(PER_REQUEST, name)) return PER_REQUEST[name]();
    return EMPTY.has(name) ? {} : undefined;
  };
  for (const shared of [input, steps, items, elsewhere, custom]) Object.freeze(shared);
  $nk.scopeNames = [...Object.keys(PER_ITEM), ...Object.keys(PER_REQUEST)];
  $nk.given = given;
  $nk.inInput = inInput;
  Object.defineProperty(Object.prototype, '__proto__', { configurable: true,
    get() { throw new ExpressionError('Cannot access "__proto__" due to security concerns', 'security'); },
    set() { throw new ExpressionError('Cannot access "__proto__" due to security concerns', 'security'); } });
}
