// JMESPath: $jmespath(data, query). A Pratt parser makes closures; see jmesfunctions.js.
'use strict';

{
  const { ExpressionError, isObject } = $nk;
  const NAME = /[A-Za-z_][\w]*/y;
  const NUMBER = /-?\d+/y;
  const SPACE = /[ \t\n\r]+/y;
  const SIGNS = ['&&', '||', '==', '!=', '<=', '>=', '[?', '[]', '<', '>', '.', '*', ']', ',', ':', '@', '&', '(', ')',
    '{', '}', '[', '!', '|'];
  const fail = (message) => { throw new Error(message); };

  const at = (pattern, source, position) => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0] ?? null;
  };

  // Text up to a closing mark; a backslash keeps the mark from closing.
  const quoted = (source, start, mark) => {
    let i = start + 1;
    while (i < source.length && source[i] !== mark) i += source[i] === '\\' ? 2 : 1;
    if (i >= source.length) fail(`Unexpected end of a ${mark} text`);
    return source.slice(start + 1, i);
  };

  const literal = (raw) => {
    const text = raw.replaceAll('\\`', '`').trimStart();
    try {
      return JSON.parse(text);
    } catch {
      return JSON.parse(JSON.stringify(text.trimEnd()));
    }
  };

  const tokenize = (source) => {
    const tokens = [];
    for (let i = 0; i < source.length;) {
      const space = at(SPACE, source, i);
      if (space !== null) { i += space.length; continue; }
      const name = at(NAME, source, i);
      const number = name === null ? at(NUMBER, source, i) : null;
      const c = source[i];
      let token;
      let size;
      if (name !== null) [token, size] = [{ kind: 'name', value: name }, name.length];
      else if (number !== null) [token, size] = [{ kind: 'number', value: Number(number) }, number.length];
      else if (c === '"' || c === "'" || c === '`') {
        const raw = quoted(source, i, c);
        size = raw.length + 2;
        if (c === '"') token = { kind: 'quoted', value: JSON.parse(`"${raw}"`) };
        else if (c === "'") token = { kind: 'literal', value: raw.replaceAll("\\'", "'").replaceAll('\\\\', '\\') };
        else token = { kind: 'literal', value: literal(raw) };
      } else {
        const sign = SIGNS.find((one) => source.startsWith(one, i));
        if (sign === undefined) fail(`Unknown character: ${c}`);
        [token, size] = [{ kind: sign }, sign.length];
      }
      tokens.push({ ...token, start: i });
      i += size;
    }
    tokens.push({ kind: 'end', start: source.length });
    return tokens;
  };

  const BINDING = { 'end': 0, 'name': 0, 'quoted': 0, ']': 0, ')': 0, '}': 0, ',': 0, ':': 0, 'number': 0, '@': 0, '&': 0, literal: 0,
    '|': 1, '||': 2, '&&': 3, '==': 5, '!=': 5, '<': 5, '>': 5, '<=': 5, '>=': 5, '[]': 9, '*': 20, '[?': 21, '.': 40, '!': 45,
    '{': 50, '[': 55, '(': 60 };

  const falsy = (value) => value === null || value === false || value === '' || value === undefined
    || (Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0);
  const field = (value, name) => (isObject(value) && !Array.isArray(value) && Object.hasOwn(value, name) ? value[name] ?? null : null);
  const equal = (a, b) => $nk.part('arrays').equal(a, b);
  const COMPARE = {
    '==': equal, '!=': (a, b) => !equal(a, b), '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
  };

  const slice = (list, parts) => {
    if (!Array.isArray(list)) return null;
    const [start, stop, step = 1] = parts.map((part) => part ?? undefined);
    if (step === 0) fail('Invalid slice, step cannot be 0');
    const size = list.length;
    const clamp = (index) => (index < 0 ? Math.max(index + size, step < 0 ? -1 : 0) : Math.min(index, step < 0 ? size - 1 : size));
    const from = start === undefined ? (step < 0 ? size - 1 : 0) : clamp(start);
    const to = stop === undefined ? (step < 0 ? -1 : size) : clamp(stop);
    const out = [];
    for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(list[i]);
    return out;
  };

  // A projection: the right side for each element of a list, without what gives nothing.
  const project = (values, right) => values.map(right).filter((value) => value !== null && value !== undefined);
  const identity = (value) => value;

  class Parser {
    constructor(source) {
      this.tokens = tokenize(source);
      this.i = 0;
    }

    get token() { return this.tokens[this.i]; }
    peek(offset) { return this.tokens[this.i + offset]?.kind; }
    next() { return this.tokens[this.i++]; }
    expect(kind) {
      if (this.token.kind !== kind) this.unexpected(`expected ${kind}`);
      return this.next();
    }
    unexpected(more = '') {
      const { kind, value, start } = this.token;
      fail(`Unexpected token ${value ?? kind} at ${start}${more === '' ? '' : `, ${more}`}`);
    }

    whole() {
      const found = this.expression(0);
      if (this.token.kind !== 'end') this.unexpected();
      return found;
    }

    expression(binding) {
      const first = this.next();
      let left = this.prefix(first);
      while (binding < BINDING[this.token.kind]) left = this.infix(this.next(), left);
      return left;
    }

    prefix(token) {
      const { kind, value } = token;
      if (kind === 'literal') return () => value;
      if (kind === 'name') return this.token.kind === '(' ? this.call(value) : (data) => field(data, value);
      if (kind === 'quoted') {
        if (this.token.kind === '(') fail('Quoted identifier not allowed for function names.');
        return (data) => field(data, value);
      }
      if (kind === '!') {
        const inner = this.expression(BINDING['!']);
        return (data) => falsy(inner(data));
      }
      if (kind === '*') return this.values(identity);
      if (kind === '[?') return this.filter(identity);
      if (kind === '{') return this.hash();
      if (kind === '[]') return this.flatten(identity);
      if (kind === '[') return this.bracket();
      if (kind === '@') return identity;
      if (kind === '&') return this.reference();
      if (kind === '(') {
        const inner = this.expression(0);
        this.expect(')');
        return inner;
      }
      this.i -= 1;
      return this.unexpected();
    }

    infix({ kind }, left) {
      if (kind === '.') return this.dotted(left);
      if (kind === '|' ) {
        const right = this.expression(BINDING['|']);
        return (data) => right(left(data));
      }
      if (kind === '||' || kind === '&&') return this.logical(kind, left);
      if (COMPARE[kind]) return this.comparison(kind, left);
      if (kind === '[?') return this.filter(left);
      if (kind === '[]') return this.flatten(left);
      if (kind === '[') return this.index(left);
      this.i -= 1;
      return this.unexpected();
    }

    dotted(left) {
      if (this.token.kind === '*') {
        this.next();
        return this.values(left);
      }
      const right = this.afterDot(BINDING['.']);
      return (data) => right(left(data));
    }
    afterDot(binding) {
      const { kind } = this.token;
      if (['name', 'quoted', '*'].includes(kind)) return this.expression(binding);
      if (kind === '[') {
        this.next();
        return this.list();
      }
      if (kind === '{') {
        this.next();
        return this.hash();
      }
      return this.unexpected();
    }
    logical(kind, left) {
      const right = this.expression(BINDING[kind]);
      return (data) => {
        const value = left(data);
        return falsy(value) === (kind === '||') ? right(data) : value;
      };
    }
    comparison(kind, left) {
      const right = this.expression(BINDING[kind]);
      const compare = COMPARE[kind];
      return (data) => compare(left(data), right(data)); // of any type, as the library n8n uses has it
    }

    // What stands to the right of a projection belongs to each element.
    rest(binding) {
      const { kind } = this.token;
      if (BINDING[kind] < 10) return identity;
      if (kind === '[' || kind === '[?') return this.onto(binding);
      if (kind === '.') {
        this.next();
        return this.afterDot(binding);
      }
      return this.unexpected();
    }
    onto(binding) {
      let left = this.infix(this.next(), identity);
      while (binding < BINDING[this.token.kind]) left = this.infix(this.next(), left);
      return left;
    }

    values(left) {
      const right = this.token.kind === ']' ? identity : this.rest(BINDING['*']);
      return (data) => {
        const found = left(data);
        return isObject(found) && !Array.isArray(found) ? project(Object.values(found), right) : null;
      };
    }
    listed(left) {
      const right = this.rest(BINDING['*']);
      return (data) => {
        const found = left(data);
        return Array.isArray(found) ? project(found, right) : null;
      };
    }
    flatten(left) {
      const right = this.rest(BINDING['[]']);
      return (data) => {
        const found = left(data);
        return Array.isArray(found) ? project(found.flat(), right) : null;
      };
    }
    filter(left) {
      const test = this.expression(0);
      this.expect(']');
      const right = this.token.kind === '[]' ? identity : this.rest(BINDING['[?']);
      return (data) => {
        const found = left(data);
        return Array.isArray(found) ? project(found.filter((one) => !falsy(test(one))), right) : null;
      };
    }

    bracket() {
      const { kind } = this.token;
      if (kind === 'number' || kind === ':') return this.index(identity);
      if (kind === '*' && this.peek(1) === ']') {
        this.i += 2;
        return this.listed(identity);
      }
      return this.list();
    }
    index(left) {
      const { kind } = this.token;
      if (kind === '*') {
        this.next();
        this.expect(']');
        return this.listed(left);
      }
      if (kind === ':' || this.peek(1) === ':') return this.slice(left);
      const { value } = this.expect('number');
      this.expect(']');
      return (data) => {
        const found = left(data);
        return Array.isArray(found) ? found.at(value) ?? null : null;
      };
    }
    slice(left) {
      const parts = [null, null, null];
      let which = 0;
      while (this.token.kind !== ']') {
        if (this.token.kind === ':') {
          if ((which += 1) > 2) this.unexpected();
          this.next();
        } else parts[which] = this.expect('number').value;
      }
      this.next();
      const right = this.rest(BINDING['*']);
      return (data) => {
        const found = slice(left(data), parts);
        return found === null ? null : project(found, right);
      };
    }

    list() {
      const parts = [];
      do parts.push(this.expression(0)); while (this.token.kind === ',' && this.next());
      this.expect(']');
      return (data) => (data === null ? null : parts.map((part) => part(data) ?? null));
    }
    hash() {
      const parts = [];
      do {
        if (this.token.kind !== 'name' && this.token.kind !== 'quoted') this.unexpected('expected a key');
        const key = this.next().value;
        this.expect(':');
        parts.push([key, this.expression(0)]);
      } while (this.token.kind === ',' && this.next());
      this.expect('}');
      return (data) => (data === null ? null : Object.fromEntries(parts.map(([key, part]) => [key, part(data) ?? null])));
    }

    reference() {
      const inner = this.expression(0);
      const made = () => made;
      made.run = inner;
      return made;
    }
    call(name) {
      this.next();
      const args = [];
      while (this.token.kind !== ')') {
        args.push(this.expression(0));
        if (this.token.kind === ',') {
          this.next();
          if (this.token.kind === ')') this.unexpected();
        } else if (this.token.kind !== ')') this.unexpected();
      }
      this.next();
      return (data) => $nk.part('jmesfunctions')(name, args.map((arg) => arg(data)));
    }
  }

  const compiled = new Map();
  const search = (data, query) => {
    if (!isObject(data) || typeof query !== 'string') {
      throw new ExpressionError('expected two arguments (Object, string) for this function', 'arguments');
    }
    if (/__proto__|\bprototype\b|\bconstructor\b/.test(query)) {
      throw new ExpressionError('a property that is named in the query is not safe', 'security');
    }
    if (!compiled.has(query)) compiled.set(query, new Parser(query).whole());
    return compiled.get(query)(data) ?? null;
  };

  $nk.define('jmespath', { search, falsy });
}
