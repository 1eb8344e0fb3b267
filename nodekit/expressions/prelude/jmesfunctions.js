// The functions of JMESPath.
'use strict';

{
  const typeOf = (value) => {
    if (value === null || value === undefined) return 'null';
    if (Array.isArray(value)) return 'array';
    if (typeof value === 'function') return 'expref';
    return typeof value;
  };
  const fits = (value, wanted) => {
    if (wanted === 'any') return true;
    const list = /^array-(.*)$/.exec(wanted);
    if (list === null) return typeOf(value) === wanted;
    return Array.isArray(value) && value.every((one) => typeOf(one) === list[1]);
  };

  // Keys of one type, by an expression; for sort_by, max_by and min_by.
  const keyed = (list, reference, name) => {
    const keys = list.map((one) => reference.run(one));
    const type = typeOf(keys[0]);
    if (list.length > 0 && (!['number', 'string'].includes(type) || keys.some((key) => typeOf(key) !== type))) {
      throw new Error(`TypeError: ${name}() expected keys that are all numbers or all text`);
    }
    return keys;
  };
  const points = (a, b) => {
    const [x, y] = [Array.from(a), Array.from(b)];
    for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
      const difference = x[i].codePointAt(0) - y[i].codePointAt(0);
      if (difference !== 0) return difference;
    }
    return x.length - y.length;
  };
  const order = (a, b) => (typeof a === 'string' ? points(a, b) : a - b);
  const extreme = (list, keys, sign) => {
    let best = -1;
    keys.forEach((key, i) => { if (best < 0 || order(key, keys[best]) * sign > 0) best = i; });
    return best < 0 ? null : list[best];
  };
  const toNumber = (value) => {
    if (typeof value === 'number') return value;
    if (typeof value !== 'string' || value.trim() === '') return null;
    const number = Number(value);
    return Number.isNaN(number) ? null : number;
  };

  const LISTS = ['array-number', 'array-string'];
  const FUNCTIONS = {
    abs: [[['number']], Math.abs],
    avg: [[['array-number']], (list) => (list.length === 0 ? null : list.reduce((a, b) => a + b, 0) / list.length)],
    ceil: [[['number']], Math.ceil],
    contains: [[['string', 'array'], ['any']], (where, what) => (typeof where === 'string'
      ? typeof what === 'string' && where.includes(what) : where.some((one) => $nk.part('arrays').equal(one, what)))],
    ends_with: [[['string'], ['string']], (text, end) => text.endsWith(end)],
    floor: [[['number']], Math.floor],
    join: [[['string'], ['array-string']], (glue, list) => list.join(glue)],
    keys: [[['object']], (object) => Object.keys(object)],
    length: [[['string', 'array', 'object']], (value) => (typeof value === 'string' ? Array.from(value).length
      : Array.isArray(value) ? value.length : Object.keys(value).length)],
    map: [[['expref'], ['array']], (reference, list) => list.map((one) => reference.run(one) ?? null)],
    max: [[LISTS], (list) => extreme(list, list, 1)],
    max_by: [[['array'], ['expref']], (list, reference) => extreme(list, keyed(list, reference, 'max_by'), 1)],
    merge: [[['object']], (...objects) => Object.assign({}, ...objects), true],
    min: [[LISTS], (list) => extreme(list, list, -1)],
    min_by: [[['array'], ['expref']], (list, reference) => extreme(list, keyed(list, reference, 'min_by'), -1)],
    not_null: [[['any']], (...values) => values.find((value) => value !== null && value !== undefined) ?? null, true],
    reverse: [[['string', 'array']], (value) => (typeof value === 'string' ? Array.from(value).reverse().join('') : [...value].reverse())],
    sort: [[LISTS], (list) => [...list].sort()], // numbers too by their text, as the library n8n uses has it
    sort_by: [[['array'], ['expref']], (list, reference) => {
      const keys = keyed(list, reference, 'sort_by');
      return keys.map((_, i) => i).sort((a, b) => order(keys[a], keys[b]) || a - b).map((i) => list[i]);
    }],
    starts_with: [[['string'], ['string']], (text, start) => text.startsWith(start)],
    sum: [[['array-number']], (list) => list.reduce((a, b) => a + b, 0)],
    to_array: [[['any']], (value) => (Array.isArray(value) ? value : [value])],
    to_number: [[['any']], toNumber],
    to_string: [[['any']], (value) => (typeof value === 'string' ? value : JSON.stringify(value))],
    type: [[['any']], typeOf],
    values: [[['object']], (object) => Object.values(object)],
  };

  $nk.define('jmesfunctions', (name, args) => {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new Error(`Unknown function: ${name}()`);
    const [signature, call, variadic] = FUNCTIONS[name];
    if (variadic ? args.length < signature.length : args.length !== signature.length) {
      throw new Error(`ArgumentError: ${name}() takes ${signature.length} argument(s) but received ${args.length}`);
    }
    args.forEach((arg, i) => {
      const wanted = signature[Math.min(i, signature.length - 1)];
      if (!wanted.some((type) => fits(arg, type))) {
        throw new Error(`TypeError: ${name}() expected argument ${i + 1} to be type (${wanted.join(',')}) but received type ${typeOf(arg)} instead.`);
      }
    });
    return call(...args);
  });
}
