// Runs the body of a code node: an async function that sees what an expression sees, and more.
//
// All items at once, or each for itself, one after the other. Promises settle between two calls of
// the child; timers are waited for by the child itself. The reply is {results, console, global,
// node}: for each run {value}, {} for undefined, or {error: {message, name, line}}.
'use strict';

{
  const { state, wanted } = $nk;
  const evaluate = eval;
  let running = null;
  let timers = [];
  let lastTimer = 0;

  const shown = (value) => {
    if (typeof value === 'string') return value;
    try {
      return JSON.stringify(value) ?? String(value);
    } catch {
      return String(value);
    }
  };
  const consoleOf = (lines) => {
    const say = (...words) => { lines.push(words.map(shown).join(' ')); };
    return { log: say, info: say, warn: say, error: say, debug: say, trace: say };
  };
  const setTimer = (call, wait = 0, ...args) => {
    lastTimer += 1;
    timers.push({ id: lastTimer, at: Date.now() + Math.max(0, Number(wait) || 0), call, args });
    timers.sort((a, b) => a.at - b.at || a.id - b.id);
    return lastTimer;
  };
  const clearTimer = (id) => { timers = timers.filter((timer) => timer.id !== id); };

  const EXTRA = {
    console: () => running.console,
    $getWorkflowStaticData: () => (type) => {
      if (type !== 'global' && type !== 'node') {
        throw new Error(`Unknown static data type "${type}": it is "global" or "node"`);
      }
      return running[type];
    },
    $getNodeParameter: () => (name) => String(name).split('.').reduce((at, key) => at?.[key], state.facts.parameter),
    items: () => (state.each ? undefined : $nk.given('input')),
    item: () => (state.each ? $nk.given('input')[state.index] : undefined),
    setTimeout: () => setTimer,
    clearTimeout: () => clearTimer,
    btoa: () => $nk.part('bytes').btoa,
    atob: () => $nk.part('bytes').atob,
    TextEncoder: () => $nk.part('bytes').TextEncoder,
    TextDecoder: () => $nk.part('bytes').TextDecoder,
    Buffer: () => $nk.part('bytes').Buffer,
    Object: () => Object,
    $if: () => (test, yes, no = false) => (test ? yes : no),
  };
  const HIDDEN = ['globalThis', 'eval', 'Function', 'nodekit', '$nk', '$nk_', 'fetch', 'require', 'process'];
  const known = new Set([...$nk.scopeNames, ...Object.keys(EXTRA)]);
  const resolve = (name) => (Object.hasOwn(EXTRA, name) ? EXTRA[name]() : $nk.resolve(name));

  // The engine's words as those who know V8 expect them.
  const WORDS = [
    [/^cannot read property '(.*)' of (undefined|null)$/, "Cannot read properties of $2 (reading '$1')"],
    [/^cannot set property '(.*)' of (undefined|null)$/, "Cannot set properties of $2 (setting '$1')"],
  ];
  const reworded = (message) => WORDS.reduce((text, [from, to]) => text.replace(from, to), message);
  // The body is compiled far down, so that its lines tell themselves from those of the prelude.
  const ABOVE = 100000;
  const lineOf = (stack) => {
    const lines = [...String(stack ?? '').matchAll(/<input>:(\d+):/g)].map((found) => Number(found[1]) - ABOVE);
    return lines.find((line) => line > 0) ?? null;
  };
  const described = (error) => {
    if (!(error instanceof Error)) {
      const message = $nk.isObject(error) && typeof error.message === 'string' ? error.message : shown(error);
      return { message, name: null, line: null };
    }
    return { message: reworded(error.message), name: error.name, line: lineOf(error.stack),
      kind: error.kind ?? null, hint: error.hint ?? null };
  };

  const compile = (body) => {
    const asked = [...$nk.names(body)].filter((name) => known.has(name));
    const names = [...asked, ...HIDDEN.filter((name) => !known.has(name))];
    const call = evaluate(`(async function(${names.join()}){${'\n'.repeat(ABOVE)}${body}\n})`);
    return () => {
      const args = asked.map(resolve);
      return call.call(undefined, ...args);
    };
  };

  const result = (value) => {
    if (value === undefined) return {};
    try {
      return { value: JSON.parse(JSON.stringify(value) ?? 'null') };
    } catch (error) {
      return { error: described(error) };
    }
  };
  const once = async (call) => {
    try {
      return result(await call());
    } catch (error) {
      if (error instanceof $nk.Need) throw error;
      return { error: described($nk.limits(error, running.throws) ?? error) };
    }
  };
  const all = async (call) => { running.results.push(await once(call)); };
  const each = async (call) => {
    const items = $nk.given('input');
    for (let i = 0; i < items.length; i += 1) {
      state.index = i;
      state.row = items[i].json;
      running.results.push(await once(call));
      if (wanted.length > 0) return;
    }
  };

  const start = (request) => {
    running = { results: [], lines: [], done: false, failure: null, global: request.global, node: request.node,
      throws: $nk.names(request.body).has('throw') };
    running.console = consoleOf(running.lines);
    timers = [];
    state.copies = new Map();
    state.changes = false;
    state.each = request.each;
    const items = $nk.given('input');
    state.index = 0;
    state.row = items.length > 0 ? items[0].json : null;
    let call;
    try {
      call = compile(request.body);
    } catch (error) {
      running.results = (request.each ? items : [0]).map(() => ({ error: described(error) }));
      return reply();
    }
    const mine = running;
    (request.each ? each : all)(call).then(() => { mine.done = true; }, (error) => {
      mine.done = true;
      mine.failure = error;
    });
    return null;
  };

  const reply = () => {
    state.copies = null;
    state.each = false;
    const { results, lines, global, node } = running;
    return JSON.stringify({ results, console: lines, global, node });
  };

  // The reply, or how many milliseconds to wait before the next timer.
  const finish = () => {
    if (wanted.length > 0) {
      state.copies = null;
      state.each = false;
      return JSON.stringify({ need: wanted });
    }
    if (running.done) {
      if (running.failure !== null) throw running.failure;
      return reply();
    }
    if (timers.length > 0) {
      const wait = timers[0].at - Date.now();
      if (wait > 0) return wait;
      const { call, args } = timers.shift();
      call(...args);
      return 0;
    }
    running.results.push({ error: { message: 'a promise was never settled', name: null, line: null } });
    return reply();
  };

  $nk.define('code', { start, finish });
}
