// Makes what every expression shares unchangeable, so that none can change what another one sees.
//
// All that JavaScript brings is frozen; functions that make functions of text refuse; our own
// namespace leaves the global object, which is swept after every request. What comes later is
// frozen by `harden` where it is handed out. It is the last file of those every child begins with.
'use strict';

{
  const { $nk } = globalThis;
  const { ExpressionError } = $nk;
  const OURS = ['$nk', 'nodekit'];
  const seen = new WeakSet([globalThis]);

  // An object with a member of the same name as a frozen one it inherits cannot be assigned it: what
  // people do assign (`toString`, the name of an error) becomes a pair of functions that let them.
  const assignable = (owner) => {
    for (const key of Reflect.ownKeys(owner)) {
      const { value, configurable } = Object.getOwnPropertyDescriptor(owner, key);
      if (value === undefined || !configurable || typeof key === 'symbol') continue;
      Object.defineProperty(owner, key, {
        get: () => value,
        set(given) {
          if (this === owner) throw new TypeError(`${key} is read-only`);
          Object.defineProperty(this, key, { value: given, writable: true, enumerable: true, configurable: true });
        },
        enumerable: false,
        configurable: true,
      });
    }
  };

  // Freeze values, what they are made of, and what they inherit from.
  const harden = (...values) => {
    while (values.length > 0) {
      const value = values.pop();
      if (!$nk.isObject(value) && typeof value !== 'function' || seen.has(value)) continue;
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) {
        const found = Object.getOwnPropertyDescriptor(value, key);
        values.push(found.value, found.get, found.set);
      }
      values.push(Object.getPrototypeOf(value));
      Object.freeze(value);
    }
  };

  const MAKERS = [function () {}, async function () {}, function* () {}, async function* () {}]
    .map((made) => Object.getPrototypeOf(made));
  for (const maker of MAKERS) {
    const refusing = function Function() {
      throw new ExpressionError('Expression contains invalid constructor function call', 'security');
    };
    refusing.prototype = maker;
    Object.defineProperty(maker, 'constructor', { value: refusing, writable: true, configurable: true });
  }

  const hidden = [
    ...MAKERS,
    ...[[][Symbol.iterator](), ''[Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](),
      'a'.matchAll(/a/g), new Uint8Array(), (function* () {})(), (async function* () {})()].map((made) =>
      Object.getPrototypeOf(made)),
  ];
  const errors = Object.getOwnPropertyNames(globalThis).map((name) => globalThis[name])
    .filter((found) => typeof found === 'function' && (found === Error || Object.getPrototypeOf(found) === Error));
  for (const owner of [Object, ...errors]) assignable(owner.prototype);

  const shared = Reflect.ownKeys(globalThis).filter((name) => !OURS.includes(name));
  harden(...shared.map((name) => globalThis[name]), ...hidden);
  for (const name of shared) {
    if (Object.getOwnPropertyDescriptor(globalThis, name).configurable) {
      Object.defineProperty(globalThis, name, { writable: false, configurable: false });
    }
  }

  // What code left on the global object goes; where it cannot go, this child is of no more use.
  const known = new Set(shared);
  $nk.sweep = () => {
    for (const name of Reflect.ownKeys(globalThis)) if (!known.has(name)) delete globalThis[name];
    if (!Object.isExtensible(globalThis)) throw new TypeError('the global object was closed');
  };
  $nk.harden = harden;
  delete globalThis.$nk;
}
