// The ground of the prelude: our namespace, our errors, and the way to ask Python for what is not
// here yet. A part of the prelude, a time zone or another step's items are fetched when an
// expression first touches them: that throws a Need, the request ends, Python adds what was asked
// for, and the request runs again from its start.
'use strict';

globalThis.$nk = (() => {
  const kept = new Map();   // parts and zones: for as long as the child lives
  const wanted = [];        // what this request turned out to need

  class ExpressionError extends Error {
    constructor(message, kind = null, hint = null) {
      super(message);
      this.name = 'ExpressionError';
      this.kind = kind;
      this.hint = hint;
    }
  }

  class ExpressionExtensionError extends ExpressionError {
    constructor(message, hint = null) {
      super(message, 'extension', hint);
      this.name = 'ExpressionExtensionError';
    }
  }

  class Need {
    constructor(key) { this.key = key; }
  }

  // Note that something is missing, and end the expression. The note stays even if the expression
  // catches what is thrown.
  const need = (...key) => {
    if (!wanted.some((other) => JSON.stringify(other) === JSON.stringify(key))) wanted.push(key);
    throw new Need(key);
  };

  const part = (name) => {
    const found = kept.get('part ' + name);
    return found === undefined ? need('part', name) : found;
  };

  const zone = (name) => {
    const found = kept.get('zone ' + name);
    return found === undefined ? need('zone', name) : found;
  };

  const HANDED_OUT = new Set(['dates', 'intl', 'helpers', 'bytes', 'jmespath']);
  const define = (name, value) => {
    if (HANDED_OUT.has(name)) ours.harden(value);
    kept.set('part ' + name, value);
  };
  const has = (name) => kept.has('part ' + name);

  const hidden = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });

  // The whole number of a text of digits, and a few other things several parts share.
  const isObject = (value) => value !== null && typeof value === 'object';
  const isPlain = (value) => isObject(value) && !Array.isArray(value) && !(value instanceof Date);
  const isDateTime = (value) => has('dates') && value instanceof part('dates').DateTime;

  hidden(BigInt.prototype, 'toJSON', function toJSON() { return this.toString(); });

  const dateText = Date.prototype.toString;
  const timeText = Date.prototype.toTimeString;
  const zoned = (original) => function () {
    const text = original.call(this);
    return text.endsWith('GMT+0000') ? text + ' (Coordinated Universal Time)' : text;
  };
  hidden(Date.prototype, 'toString', zoned(dateText));
  hidden(Date.prototype, 'toTimeString', zoned(timeText));
  hidden(Date.prototype, Symbol.toPrimitive, function (hint) {
    return hint === 'number' ? this.valueOf() : this.toString();
  });
  hidden(Number.prototype, 'toLocaleString', function (locale, options) {
    return part('intlnumber').formatNumber(Number(this), locale, options);
  });
  hidden(BigInt.prototype, 'toLocaleString', function (locale, options) {
    return part('intlnumber').formatNumber(this, locale, options);
  });
  const local = (kind) => function (locale, options) {
    return part('intl').formatDate(this.getTime(), kind, locale, options);
  };
  hidden(Date.prototype, 'toLocaleString', local('any'));
  hidden(Date.prototype, 'toLocaleDateString', local('date'));
  hidden(Date.prototype, 'toLocaleTimeString', local('time'));

  const ours = {
    ExpressionError, ExpressionExtensionError, Need, need, part, zone, define, has, hidden, kept,
    wanted, isObject, isPlain, isDateTime,
    state: { facts: {}, index: 0 },
  };
  return ours;
})();
