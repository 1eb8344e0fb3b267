// Runs requests: compiles expressions, evaluates them for a chunk of items, and writes the reply.
//
// A request for columns has rows, or the names of fields that all of them have and a column for each;
// and indexes, or the first of them where one follows another.
//
// A reply is {columns: [{v, u, e}]}: the values, the indexes of those that are undefined, and the
// errors by index. Or {need: [...]}: what must be handed in before the request can be answered.
'use strict';

{
  const { $nk } = globalThis;
  const { state, wanted, ExpressionError, Need } = $nk;
  const compiled = new Map();
  const turns = new Map();
  const shapes = new Map();
  const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
  const RESERVED = new Set(('break case catch class const continue debugger default delete do else enum '
    + 'export extends false finally for function if import in instanceof new null return super switch '
    + 'this throw true try typeof var void while with yield').split(' '));
  const TURNS = 4;
  const SHAPES = 100;
  const SEVERAL = 16;  // rows for which a loop of their own is worth compiling
  const NEAR = new Set(['item', 'paired']);
  const evaluate = eval;

  const syntax = (error) => new ExpressionError('invalid syntax', 'syntax', String(error.message));

  const chunkOf = (source, names) => {
    const { text, ...may } = $nk.rewrite(source);
    try {
      return { ...may, run: evaluate(`(function($nk_,${names.join()}){return (${text}\n)})`) };
    } catch (error) {
      throw error instanceof SyntaxError ? syntax(error) : error;
    }
  };

  // One chunk of code that looks at nothing but $json, for all rows at once: calling a short one for
  // each row takes longer than itself. It leaves at the first row that needs a second look.
  const loopOf = ({ source, names, makes }) => evaluate(`(function($nk_,$nk_rows,$nk_v,$nk_u,$nk_within){
    for(let $nk_i=$nk_v.length;$nk_i<$nk_rows.length;$nk_i+=1){
    let ${['$nk_x', ...names.filter((name) => name !== '$json')].join()};
    const $json=$nk_rows[$nk_i];$nk_x=(${$nk.rewrite(source).text}\n);
    if($nk_x===undefined){$nk_u.push($nk_i);$nk_v.push(null)}
    else if(typeof $nk_x==='function'||typeof $nk_x==='symbol')return;
    else{${makes ? "if(typeof $nk_x==='object')$nk_within($nk_x,new Set());" : ''}$nk_v.push($nk_x)}}})`);

  const compile = ({ parts, single, names }) => {
    const asked = names.filter((name) => NAME.test(name) && !RESERVED.has(name) && !$nk.native(name));
    try {
      const made = parts.map((piece) => (typeof piece === 'string' ? piece : chunkOf(piece.code, asked)));
      const codes = made.filter((piece) => typeof piece !== 'string');
      const changes = codes.some((code) => code.changes);
      const makes = codes.some((code) => code.makes);
      const plain = single && !changes && asked.every((name) => name === '$json' || $nk.unknown(name));
      return { single, parts: made, names: asked, varying: asked.some($nk.perItem), changes, makes,
        source: plain ? parts[0].code : null };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return { fault: error };
    }
  };

  // What an exception of a chunk comes to (n8n: which errors are swallowed).
  const limits = (error, throws) => {
    if (error === null && !throws) return new ExpressionError('memory', 'memory');
    if (error instanceof RangeError && error.message === 'Maximum call stack size exceeded') {
      return new ExpressionError('stack', 'stack');
    }
    const engine = error instanceof Error && error.name === 'InternalError';
    return engine && error.message === 'out of memory' ? new ExpressionError('memory', 'memory') : null;
  };
  const judge = (error, code) => {
    if (error instanceof Need || error instanceof ExpressionError) throw error;
    const raised = limits(error, code.throws) ?? $nk.absent(error);
    if (raised !== null) throw raised;
    if (!code.reaches) throw error;
    return undefined;
  };
  const chunk = (code, args) => {
    try {
      return code.run.apply(undefined, args);
    } catch (error) {
      return judge(error, code);
    }
  };

  const refuseFunctions = (value) => {
    if (typeof value === 'function') {
      const dates = $nk.has('dates') && value === $nk.part('dates').DateTime;
      throw new ExpressionError(dates ? 'this is a DateTime, please access its methods'
        : 'this is a function, please add ()', 'function');
    }
    if (typeof value === 'symbol') throw new ExpressionError(`${String(value)} could not be cloned`, 'function');
  };
  const refuseWithin = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new ExpressionError(`${String(value)} could not be cloned`, 'function');
    }
    if (!$nk.isObject(value) || seen.has(value) || typeof value.toJSON === 'function') return;
    seen.add(value);
    for (const inner of Object.values(value)) refuseWithin(inner, seen);
  };
  const written = (value) => {
    refuseFunctions(value);
    return value || value === 0 || value === false ? String(value) : '';
  };

  const value = (expression, args) => {
    try {
      if (!expression.single) {
        return expression.parts.map((p) => (typeof p === 'string' ? p : written(chunk(p, args)))).join('');
      }
      const result = chunk(expression.parts[0], args);
      refuseFunctions(result);
      if (expression.makes) refuseWithin(result, new Set());
      return result;
    } catch (error) {
      if (error instanceof Need || error instanceof ExpressionError) throw error;
      const raised = limits(error, true);
      if (raised !== null) throw raised;
      return null;
    }
  };

  // Rows whose fields came as columns. A loop of their own makes objects of one shape.
  const unfolded = ({ names, columns }) => {
    const key = JSON.stringify(names);
    if (!shapes.has(key)) {
      if (shapes.size >= SHAPES) shapes.clear();
      shapes.set(key, evaluate(shapeOf(names)));
    }
    return shapes.get(key)(columns);
  };
  const shapeOf = (names) => {
    const columns = names.map((_, i) => `$nk_${i}`);
    const fields = names.map((name, i) => `${JSON.stringify(name)}:$nk_${i}[$nk_at]`);
    return `(function([${columns.join()}]){const $nk_size=$nk_0.length,$nk_rows=new Array($nk_size);
      for(let $nk_at=0;$nk_at<$nk_size;$nk_at+=1)$nk_rows[$nk_at]={${fields.join()}};return $nk_rows})`;
  };

  const failed = (error) => ({ message: error.message, kind: error.kind, hint: error.hint });

  const column = (expression, rows, at) => {
    const out = { v: [], u: [], e: [] };
    const fast = expression.source && rows.length >= SEVERAL && !rows.includes(null);
    if (fast) expression.loop ??= loopOf(expression);
    state.changes = expression.changes;
    const args = [];
    while (out.v.length < rows.length && wanted.length === 0) {
      if (fast) looped(expression.loop, rows, out);
      if (out.v.length < rows.length) step(expression, rows, at, out, args);
    }
    return out;
  };
  const looped = (loop, rows, out) => {
    try {
      loop($nk.symbols, rows, out.v, out.u, refuseWithin);
    } catch {
      // The step that follows meets the same exception and judges it.
    }
  };
  const step = (expression, rows, at, out, args) => {
    const i = out.v.length;
    state.row = rows[i];
    state.index = at(i);
    let found = null;
    try {
      if (expression.fault) throw expression.fault;
      if (args.length === 0) args.push($nk.symbols, ...expression.names.map($nk.resolve));
      else if (expression.varying) vary(args, expression.names);
      found = value(expression, args);
      if (found === undefined) out.u.push(i);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      out.e.push([i, failed(error)]);
    }
    out.v.push(found ?? null);
  };
  const vary = (args, names) => {
    for (let i = 0; i < names.length; i += 1) {
      if ($nk.perItem(names[i])) args[i + 1] = $nk.resolve(names[i]);
    }
  };

  // Columns as JSON. Where one value cannot be written, that value is an error.
  const write = (columns) => {
    try {
      return JSON.stringify({ columns });
    } catch (error) {
      for (const out of columns) {
        out.v.forEach((found, i) => {
          try {
            JSON.stringify(found);
          } catch (reason) {
            const raised = limits(reason, true) ?? new ExpressionError(reason.message, 'json');
            out.e.push([i, failed(raised)]);
            out.v[i] = null;
          }
        });
      }
      return JSON.stringify({ columns });
    }
  };

  const turn = (token) => {
    if (!turns.has(token)) {
      turns.set(token, new Map());
      if (turns.size > TURNS) turns.delete(turns.keys().next().value);
    }
    return turns.get(token);
  };
  const SEEN = ['workflow', 'execution', 'prevNode', 'env', 'extra'];
  const fixed = (facts) => {
    for (const name of SEEN) $nk.harden(facts[name]);
    return facts;
  };
  const take = (request) => {
    if (request.forget) compiled.clear();
    for (const [id, made] of request.define ?? []) compiled.set(id, compile(made));
    state.turn = turn(request.turn ?? 0);
    state.near = new Map();
    state.custom = {};
    if (request.facts) state.facts = fixed(request.facts);
    for (const [key, found] of request.give ?? []) {
      if (key[0] === 'part') evaluate(`(function($nk){${found}\n})`)($nk);
      else if (key[0] === 'zone') $nk.kept.set('zone ' + key[1], found);
      else (NEAR.has(key[0]) || key.length === 1 && request.work === 'code' ? state.near : state.turn).set(JSON.stringify(key), found);
    }
  };

  // The template of a text that an expression made: {{ }} and the text around them.
  $nk.evaluateText = (text, index) => {
    const source = String(text).replace(/^=/, '');
    const pieces = source.split(/\{\{([^]*?)\}\}/);
    const parts = pieces.map((piece, i) => (i % 2 ? { code: piece } : piece)).filter((piece) => piece !== '');
    const names = [...new Set(pieces.filter((_, i) => i % 2).flatMap((code) => [...$nk.names(code)]))];
    const single = parts.length === 1 && typeof parts[0] !== 'string';
    const expression = compile({ parts, single, names });
    if (expression.fault) throw expression.fault;
    const run = () => value(expression, [$nk.symbols, ...expression.names.map($nk.resolve)]);
    if (index === undefined) return run();
    $nk.inInput(index);
    const kept = [state.index, state.row];
    state.index = index;
    state.row = $nk.given('item', index).json;
    try { return run(); } finally { [state.index, state.row] = kept; }
  };

  $nk.limits = limits;

  const works = {
    check: (request) => JSON.stringify({ faults: request.ids.map((id) => {
      const { fault } = compiled.get(id);
      return fault ? failed(fault) : null;
    }) }),
    columns: (request) => {
      const columns = [];
      const rows = request.rows ?? unfolded(request);
      const at = request.indexes ? (i) => request.indexes[i] : (i) => request.first + i;
      for (const id of request.ids) {
        columns.push(column(compiled.get(id), rows, at));
        if (wanted.length > 0) break;
      }
      return wanted.length > 0 ? null : write(columns);
    },
    code: (request) => $nk.part('code').start(request),
  };

  globalThis.nodekit = (text) => {
    const reply = text === '' ? $nk.part('code').finish() : answer(JSON.parse(text));
    if (typeof reply === 'string') $nk.sweep();
    return reply;
  };

  const answer = (request) => {
    wanted.length = 0;
    take(request);
    let reply = null;
    try {
      reply = works[request.work](request);
    } catch (error) {
      if (!(error instanceof Need)) throw error;
    }
    return wanted.length > 0 ? JSON.stringify({ need: wanted }) : reply;
  };
}
