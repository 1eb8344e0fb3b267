// How a call of a data function finds what it means: by the type of the value it is called on.
//
// Order (n8n): the functions of the value's type, then a native method of that name, then
// isEmpty/isNotEmpty, then an error that says what the function is there for.
'use strict';

{
  const { $nk } = globalThis;
  const PARTS = {
    String: ['strings', 'hash removeMarkdown removeTags toDate toDateTime toBoolean toNumber toFloat '
      + 'toDecimalNumber toInt toWholeNumber toSentenceCase toSnakeCase toTitleCase urlEncode urlDecode '
      + 'quote replaceSpecialChars length isDomain isEmail isUrl isNumeric isEmpty isNotEmpty '
      + 'extractEmail extractDomain extractUrl extractUrlPath parseJson base64Encode base64Decode '
      + 'toJsonString'],
    Number: ['numbers', 'abs ceil floor round format isEven isOdd isInteger toBoolean toInt toFloat '
      + 'toDateTime'],
    Boolean: ['numbers', 'toBoolean toInt toFloat toNumber toDateTime'],
    Array: ['arrays', 'first last randomItem sum min max average unique removeDuplicates pluck chunk '
      + 'compact smartJoin renameKeys merge union difference intersection append isEmpty isNotEmpty '
      + 'toJsonString toInt toFloat toBoolean toDateTime reverse mergeIntoObject'],
    Object: ['objects', 'keys values hasField removeField removeFieldsContaining keepFieldsContaining '
      + 'compact urlEncode isEmpty isNotEmpty toJsonString toInt toFloat toBoolean toDateTime'],
    Date: ['dates', 'beginningOf endOfMonth extract format isBetween isDst isInLast isWeekend plus '
      + 'minus diffTo diffToNow toDateTime toInt toFloat toBoolean toNumber isEmpty isNotEmpty'],
  };
  const LABELS = ['Date', 'String', 'Array', 'Number', 'Object', 'Boolean'];
  const table = {};
  for (const [type, [, names]] of Object.entries(PARTS)) table[type] = new Set(names.split(' '));
  const all = new Set(Object.values(table).flatMap((names) => [...names]));
  const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

  const typeOf = (value, name) => {
    if (Array.isArray(value)) return 'Array';
    if (typeof value === 'string') {
      const dated = ISO.test(value) && name !== 'toDate' && name !== 'toDateTime' && table.Date.has(name);
      return dated && !table.String.has(name) ? 'Date' : 'String';
    }
    if (typeof value === 'number') return 'Number';
    if (typeof value === 'boolean') return 'Boolean';
    if (value instanceof Date || $nk.isDateTime(value)) return 'Date';
    return $nk.isObject(value) ? 'Object' : null;
  };

  const functionOf = (type, name) => $nk.part(PARTS[type][0])[type][name];

  const generic = (value, name) => {
    const empty = value === null || value === undefined;
    return name === 'isEmpty' ? empty : !empty;
  };

  const fault = (name) => {
    const types = LABELS.filter((type) => table[type].has(name)).map((type) => `"${type}"`);
    if (types.length === 1) return `${name}() is only callable on type ${types[0]}`;
    return `${name}() is only callable on types ${types.slice(0, -1).join(', ')}, and ${types.at(-1)}`;
  };

  const extend = (value, name, args) => {
    const type = typeOf(value, name);
    if (type !== null && table[type].has(name)) return functionOf(type, name)(value, ...args);
    if (value !== null && value !== undefined && typeof value[name] === 'function') return value[name](...args);
    if (name === 'isEmpty' || name === 'isNotEmpty') return generic(value, name);
    throw new $nk.ExpressionExtensionError(fault(name));
  };

  const symbols = Object.create(null);
  for (const name of all) {
    symbols[name] = Symbol(`${name}()`);
    $nk.hidden(Object.prototype, symbols[name], function (...args) { return extend(this, name, args); });
  }
  for (const name of all) {
    const own = Object.hasOwn(Math, name) && !table.Object.has(name);
    if (own) $nk.hidden(Math, symbols[name], Math[name]);  // the same, without a search
  }
  const nothing = $nk.hidden($nk.hidden({}, symbols.isEmpty, () => true), symbols.isNotEmpty, () => false);
  symbols.orNothing = (value) => value ?? nothing;
  const ABSENT = /^cannot read property '(\w+)\(\)' of (null|undefined)$/;

  // A TypeError of the engine that means: a data function was called on nothing.
  $nk.absent = (error) => {
    const found = error instanceof TypeError ? ABSENT.exec(error.message) : null;
    if (found === null || !all.has(found[1])) return null;
    const [, name, value] = found;
    return new $nk.ExpressionExtensionError(`${name}() can't be used on ${value} value`,
      `To ignore this error, add a ? to the variable before this function, e.g. my_var?.${name}`);
  };
  $nk.extensions = all;
  $nk.symbols = Object.freeze(symbols);
}
