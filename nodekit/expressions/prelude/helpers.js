// n8n's functions that stand alone: $ifEmpty, $min, numberList, zip, ...
'use strict';

{
  const { ExpressionError, isObject, state } = $nk;

  const blank = (value) => value === undefined || value === null || value === ''
    || (Array.isArray(value) && value.length === 0)
    || ($nk.isPlain(value) && !$nk.isDateTime(value) && Object.keys(value).length === 0);

  const ifEmpty = (...args) => {
    if (args.length !== 2) {
      throw new ExpressionError('expected two arguments (value, defaultValue) for this function', 'arguments');
    }
    return blank(args[0]) ? args[1] : args[0];
  };

  const numberList = (start, end) => {
    const size = Math.abs(end - start) + 1;
    const step = end < start ? -1 : 1;
    return Array.from({ length: size }, (_, i) => start + i * step);
  };

  const zip = (keys, values) => {
    if (keys.length !== values.length) {
      throw new ExpressionError('keys and values not of equal length', 'arguments');
    }
    return Object.fromEntries(keys.map((key, i) => [key, values[i]]));
  };

  const fromai = (key, description, type = 'string', otherwise = undefined) => {
    if (typeof key !== 'string' || key === '') {
      throw new ExpressionError("Add a key, e.g. $fromAI('placeholder_name')", 'arguments');
    }
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(key)) {
      throw new ExpressionError(
        'Invalid parameter key, must be between 1 and 64 characters long and only contain lowercase letters, '
        + 'uppercase letters, numbers, underscores, and hyphens', 'arguments');
    }
    const json = state.row ?? {};
    const query = isObject(json.query) ? json.query : {};
    return query[key] ?? json[key] ?? otherwise;
  };

  $nk.define('helpers', {
    ifEmpty,
    if: (test, yes, no = false) => (test ? yes : no),
    min: (...values) => Math.min(...values),
    max: (...values) => Math.max(...values),
    average: (...values) => values.reduce((a, b) => a + b, 0) / values.length,
    not: (value) => !value,
    numberList,
    zip,
    toPathSegment: (value) => encodeURIComponent(String(value)),
    fromai,
  });
}
