// n8n's data functions for lists. Every function takes the list first; none changes it.
'use strict';

{
  const { ExpressionExtensionError, isObject } = $nk;
  const fail = (message) => { throw new ExpressionExtensionError(message); };
  const wantsList = (name, other, example) => {
    if (!Array.isArray(other)) fail(`${name}(): expected array arg, e.g. .${name}(${example})`);
  };

  // Equality in depth, whatever the order of keys.
  const equal = (a, b) => {
    if (Object.is(a, b) || a === b) return true;
    if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return false;
    if (a instanceof Date || b instanceof Date || $nk.isDateTime(a) || $nk.isDateTime(b)) {
      return a.constructor === b.constructor && a.valueOf() === b.valueOf();
    }
    const names = Object.keys(a);
    return names.length === Object.keys(b).length
      && names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]));
  };

  // Membership by depth. Scalars are found by a Set, so that long lists of them stay fast.
  const seenBefore = () => {
    const scalars = new Set();
    const others = [];
    return {
      has: (value) => (isObject(value) ? others.some((other) => equal(other, value)) : scalars.has(value)),
      add(value) { if (isObject(value)) others.push(value); else scalars.add(value); },
    };
  };
  const collected = (values) => {
    const seen = seenBefore();
    for (const value of values) seen.add(value);
    return seen;
  };
  const distinct = (values, key = (value) => value) => {
    const seen = seenBefore();
    return values.filter((value) => {
      const mark = key(value);
      if (seen.has(mark)) return false;
      seen.add(mark);
      return true;
    });
  };

  const numbers = (name, values) => {
    if (values.some((value) => typeof value !== 'number')) fail(`${name}(): all array elements must be numbers`);
    return values;
  };
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const sum = (values) => values.reduce((a, b) => a + b, 0);

  const unique = (list, ...keys) => {
    const picked = (value) => (isObject(value) ? keys.map((key) => value[key]) : value);
    return keys.length === 0 ? distinct(list) : distinct(list, picked);
  };

  const pluck = (list, ...fields) => {
    if (fields.length === 0) return list;
    return list.filter(isObject)
      .map((entry) => Object.keys(entry).filter((key) => fields.includes(key)).map((key) => entry[key]))
      .filter((found) => found.length > 0)
      .map((found) => (found.length === 1 ? found[0] : found));
  };

  const chunk = (list, size) => {
    if (typeof size !== 'number' || size === 0) fail('chunk(): expected non-zero numeric arg, e.g. .chunk(5)');
    const chunks = [];
    for (let i = 0; i < list.length; i += Math.max(1, Math.abs(size))) chunks.push(list.slice(i, i + size));
    return chunks;
  };

  const smartJoin = (list, keyField, valueField) => {
    if (!keyField || !valueField || typeof keyField !== 'string' || typeof valueField !== 'string') {
      fail('smartJoin(): expected two string args, e.g. .smartJoin("name", "value")');
    }
    const joined = {};
    for (const entry of list) {
      if (isObject(entry) && keyField in entry && valueField in entry) joined[entry[keyField]] = entry[valueField];
    }
    return joined;
  };

  const renameKeys = (list, ...names) => {
    if (names.length === 0 || names.length % 2 !== 0) {
      fail('renameKeys(): expected an even amount of args: from1, to1 [, from2, to2, ...]. '
        + 'e.g. .renameKeys("name", "title")');
    }
    return list.map((entry) => {
      if (!$nk.isPlain(entry)) return entry;
      const renamed = { ...entry };
      for (let i = 0; i < names.length; i += 2) {
        if (!(names[i] in renamed)) continue;
        const value = renamed[names[i]];
        delete renamed[names[i]];
        renamed[names[i + 1]] = value;
      }
      return renamed;
    });
  };

  const merge = (list, other) => {
    if (other === undefined) return Object.assign({}, ...list.filter(isObject).reverse());
    wantsList('merge', other, '[{ id: 1, otherValue: 3 }]');
    const merged = {};
    for (let i = 0; i < Math.max(list.length, other.length); i += 1) {
      if (isObject(other[i])) Object.assign(merged, other[i], isObject(list[i]) ? list[i] : {});
      else if (isObject(list[i])) Object.assign(merged, list[i]);
    }
    return merged;
  };

  const union = (list, other) => {
    wantsList('union', other, '[1, 2, 3, 4]');
    return distinct([...list, ...other]);
  };
  const difference = (list, other) => {
    wantsList('difference', other, '[1, 2, 3, 4]');
    const seen = collected(other);
    return distinct(list.filter((value) => !seen.has(value)));
  };
  const intersection = (list, other) => {
    wantsList('intersection', other, '[1, 2, 3, 4]');
    const seen = collected(other);
    return distinct(list.filter((value) => seen.has(value)));
  };

  // What compact() drops: nothing, text that says nothing, and empty lists and objects.
  const hollow = (value) => value === null || value === undefined || value === '' || value === 'nil'
    || (isObject(value) && !(value instanceof Date) && !$nk.isDateTime(value) && Object.keys(value).length === 0);
  const compacted = (value) => {
    if (!isObject(value) || value instanceof Date || $nk.isDateTime(value)) return value;
    const kept = {};
    for (const [key, inner] of Object.entries(value)) if (!hollow(inner)) kept[key] = compacted(inner);
    return kept;
  };

  $nk.define('arrays', {
    equal,
    hollow,
    compacted,
    Array: {
      first: (list) => list[0],
      last: (list) => list[list.length - 1],
      randomItem: (list) => list[Math.floor(Math.random() * list.length)],
      sum: (list) => sum(numbers('sum', list)),
      min: (list) => least(numbers('min', list)),
      max: (list) => most(numbers('max', list)),
      average: (list) => (list.length === 0 ? 0 : sum(numbers('average', list)) / list.length),
      unique,
      removeDuplicates: unique,
      pluck,
      chunk,
      compact: (list) => list.filter((value) => !hollow(value)).map(compacted),
      smartJoin,
      renameKeys,
      merge,
      mergeIntoObject: merge,
      union,
      difference,
      intersection,
      append: (list, ...more) => [...list, ...more],
      reverse: (list) => [...list].reverse(),
      isEmpty: (list) => list.length === 0,
      isNotEmpty: (list) => list.length > 0,
      toJsonString: (list) => JSON.stringify(list),
      toInt: () => undefined,
      toFloat: () => undefined,
      toBoolean: () => undefined,
      toDateTime: () => undefined,
    },
  });
}
