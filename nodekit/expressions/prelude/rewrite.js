// Prepares the JavaScript of an expression for the engine, by its tokens and without a parser.
//
// n8n's data functions win over native methods of the same name, in expressions and nowhere else.
// So a call `x.first(` becomes `x[$nk_.first](`: a symbol that every value answers to (see
// extend.js). `$if(test, a, b)` becomes a conditional, which looks at one of its branches only.
// Along the way it is found out what the code may do: whether its errors are swallowed, whether it
// changes data in place, whether it makes functions.
'use strict';

{
  const { $nk } = globalThis;
  const WORDS_BEFORE_REGEX = new Set(['return', 'typeof', 'instanceof', 'in', 'of', 'new', 'delete',
    'void', 'throw', 'case', 'do', 'else', 'await', 'yield']);
  const PUNCTUATION = ['>>>=', '...', '===', '!==', '**=', '<<=', '>>=', '>>>', '&&=', '||=', '??=',
    '=>', '==', '!=', '<=', '>=', '&&', '||', '??', '?.', '++', '--', '+=', '-=', '*=', '/=', '%=',
    '&=', '|=', '^=', '<<', '>>', '**'];
  const MUTATORS = new Set(['sort', 'reverse', 'push', 'pop', 'shift', 'unshift', 'splice', 'fill',
    'copyWithin', 'assign']);
  const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '**=', '<<=', '>>=', '>>>=', '&=',
    '|=', '^=', '&&=', '||=', '??=', '++', '--']);
  const FORBIDDEN = new Set(['__proto__', 'prototype', 'getPrototypeOf', 'setPrototypeOf',
    '__defineGetter__', '__defineSetter__', '__lookupGetter__', '__lookupSetter__', 'caller',
    'mainModule', 'binding', '_load', 'prepareStackTrace']);
  const GENERIC = new Set(['isEmpty', 'isNotEmpty']);  // null and undefined have these, too
  const SPACE = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y;
  const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
  const NUMBER = /(?:0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)/y;
  const TEXT = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y;
  const REGEX = /\/(?:[^\/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

  const at = (pattern, source, position) => {
    pattern.lastIndex = position;
    const found = pattern.exec(source);
    return found === null ? null : found[0];
  };

  // A slash after these starts a regular expression, else it divides.
  const beforeRegex = (token) => token === undefined || (token.kind === 'word'
    ? WORDS_BEFORE_REGEX.has(token.text)
    : token.kind === 'sign' && ![')', ']', '}', '++', '--'].includes(token.text));

  // Tokens: {kind, text}. A template literal is kind 'template'; its code is tokenized in `parts`.
  const tokenize = (source) => {
    const tokens = [];
    let last;
    for (let i = 0; i < source.length;) {
      let text = at(SPACE, source, i);
      let kind = 'space';
      let parts;
      const c = source[i];
      if (text === null && (text = at(WORD, source, i)) !== null) kind = 'word';
      else if (text === null && /[\d.]/.test(c) && (c !== '.' || /\d/.test(source[i + 1] ?? ''))) {
        text = at(NUMBER, source, i);
        kind = 'number';
      } else if (text === null && (c === '"' || c === "'")) {
        text = at(TEXT, source, i) ?? source.slice(i);
        kind = 'text';
      } else if (text === null && c === '`') {
        [text, parts] = template(source, i);
        kind = 'template';
      } else if (text === null && c === '/' && beforeRegex(last) && (text = at(REGEX, source, i)) !== null) {
        kind = 'regex';
      } else if (text === null) {
        text = PUNCTUATION.find((sign) => source.startsWith(sign, i)) ?? c;
        if (text === '?.' && /\d/.test(source[i + 2] ?? '')) text = '?';
        kind = 'sign';
      }
      const token = { kind, text, parts };
      tokens.push(token);
      if (kind !== 'space') last = token;
      i += text.length;
    }
    return tokens;
  };

  // The whole text of a template literal that starts here, and its parts: text, or tokens of code.
  const template = (source, start) => {
    const parts = [];
    let from = start;
    let i = start + 1;
    while (i < source.length && source[i] !== '`') {
      if (source[i] === '\\') i += 2;
      else if (source.startsWith('${', i)) {
        const end = closing(source, i + 2);
        parts.push(source.slice(from, i + 2), tokenize(source.slice(i + 2, end)));
        from = i = end;
      } else i += 1;
    }
    parts.push(source.slice(from, i + 1));
    return [source.slice(start, i + 1), parts];
  };

  // Where the brace that closes code inside a template literal stands.
  const closing = (source, start) => {
    let depth = 0;
    for (let i = start; i < source.length;) {
      const c = source[i];
      if (c === '}' && depth === 0) return i;
      const text = c === '`' ? template(source, i)[0]
        : c === '"' || c === "'" ? at(TEXT, source, i) ?? c : at(SPACE, source, i) ?? c;
      depth += c === '{' ? 1 : c === '}' ? -1 : 0;
      i += text.length;
    }
    return source.length;
  };

  const significant = (tokens, i, step) => {
    do i += step; while (tokens[i]?.kind === 'space');
    return i;
  };

  // Where the bracket closes that opens at this token.
  const matching = (tokens, open) => {
    let depth = 0;
    for (let i = open; i < tokens.length; i += 1) {
      if (tokens[i].kind !== 'sign') continue;
      if ('([{'.includes(tokens[i].text)) depth += 1;
      else if (')]}'.includes(tokens[i].text) && (depth -= 1) === 0) return i;
    }
    return -1;
  };

  const split = (tokens) => {
    const parts = [[]];
    let depth = 0;
    for (const token of tokens) {
      if (token.kind === 'sign' && '([{'.includes(token.text)) depth += 1;
      if (token.kind === 'sign' && ')]}'.includes(token.text)) depth -= 1;
      if (depth === 0 && token.kind === 'sign' && token.text === ',') parts.push([]);
      else parts.at(-1).push(token);
    }
    if (parts.at(-1).every((token) => token.kind === 'space')) parts.pop();
    return parts;
  };

  const conditional = (tokens, i, open, found) => {
    const end = matching(tokens, open);
    const args = split(tokens.slice(open + 1, end)).map((part) => emit(part, found));
    if (args.length < 2) throw new $nk.ExpressionError('invalid syntax', 'syntax');
    const [test, yes, no = 'false'] = args;
    return [`((${test}) ? (${yes}) : (${no}))`, end];
  };

  const refuse = (name) => {
    throw new $nk.ExpressionError(`Cannot access "${name}" due to security concerns`, 'security');
  };

  const member = (name, called) => {
    if (name === 'constructor') {
      throw new $nk.ExpressionError('Expression contains invalid constructor function call', 'security');
    }
    if (FORBIDDEN.has(name)) refuse(name);
    return called && $nk.extensions.has(name);
  };

  // Whether this token ends an operand, so that a bracket after it calls or indexes.
  const operand = (token) => token !== undefined && (token.kind === 'word'
    ? !WORDS_BEFORE_REGEX.has(token.text)
    : token.kind !== 'sign' || [')', ']', '}'].includes(token.text));

  // Where the operand begins that ends before this token, or -1 if it is part of an optional chain.
  const receiver = (tokens, end) => {
    let i = significant(tokens, end, -1);
    for (;;) {
      while (tokens[i]?.kind === 'sign' && ')]'.includes(tokens[i].text)) i = opening(tokens, i);
      const before = significant(tokens, i, -1);
      if (tokens[before]?.text === '?.') return -1;
      const name = tokens[i]?.kind === 'word' || tokens[i]?.kind === 'template';
      if (tokens[before]?.text === '.') i = significant(tokens, before, -1);
      else if (!name && operand(tokens[before])) i = before;
      else return tokens[before]?.text === 'new' ? before : i;
    }
  };
  const opening = (tokens, close) => {
    let depth = 0;
    for (let i = close; i >= 0; i -= 1) {
      if (tokens[i].kind !== 'sign') continue;
      if (')]}'.includes(tokens[i].text)) depth += 1;
      else if ('([{'.includes(tokens[i].text) && (depth -= 1) === 0) return i;
    }
    return -1;
  };

  const emit = (tokens, found) => {
    let out = '';
    const marks = [];
    for (let i = 0; i < tokens.length; i += 1) {
      marks[i] = out.length;
      const { kind, text, parts } = tokens[i];
      const before = tokens[significant(tokens, i, -1)];
      const next = significant(tokens, i, 1);
      const after = tokens[next];
      const opens = after?.kind === 'sign' && after.text === '(';
      const dotted = before?.kind === 'sign' && (before.text === '.' || before.text === '?.');
      if (kind === 'template') {
        out += parts.map((piece) => (typeof piece === 'string' ? piece : emit(piece, found))).join('');
        if (operand(before)) found.reaches = true;
      } else if (kind === 'word' && dotted) {
        found.reaches = true;
        if (MUTATORS.has(text) || /^set[A-Z]/.test(text)) found.changes = true;
        if (member(text, opens)) {
          out = before.text === '.' ? out.replace(/\.\s*$/, '') : out;
          const start = GENERIC.has(text) && before.text === '.' ? receiver(tokens, significant(tokens, i, -1)) : -1;
          if (start >= 0) out = `${out.slice(0, marks[start])}$nk_.orNothing(${out.slice(marks[start])})`;
          out += `[$nk_.${text}]`;
        } else out += text;
      } else if (kind === 'word' && text === '$if' && opens) {
        const [piece, end] = conditional(tokens, i, next, found);
        out += piece;
        i = end;
        found.reaches = true;
      } else {
        note(kind, text, before, after, found);
        if (kind === 'sign' && text === '[' && operand(before) && computed(tokens, i)) found.changes = true;
        out += text;
      }
    }
    return out;
  };

  // A member of a computed name may be one that changes things.
  const COMPUTED = /^\s*(?:\d+|'\w*'|"\w*")\s*$/;
  const computed = (tokens, open) => {
    const inner = tokens.slice(open + 1, matching(tokens, open)).map((token) => token.text).join('');
    return !COMPUTED.test(inner) || MUTATORS.has(inner.trim().slice(1, -1));
  };

  const note = (kind, text, before, after, found) => {
    if (MUTATORS.has(text) || text === 'for' || text === '\\') found.changes = true;
    if (kind === 'sign' && text === ':' && before?.text === ']') found.changes = true;
    if (kind === 'word' && (text === 'function' || text === 'Symbol' || text === 'class')) found.makes = true;
    if (kind === 'word' && text === 'delete') found.changes = true;
    if (kind === 'word' && text === 'throw') found.throws = true;
    if (kind === 'text' && FORBIDDEN.has(text.slice(1, -1)) && before?.text === '[' && after?.text === ']') {
      refuse(text.slice(1, -1));
    }
    if (kind !== 'sign') return;
    if (text === '=>') found.makes = true;
    if (ASSIGNMENTS.has(text)) found.changes = true;
    if ((text === '(' || text === '[') && operand(before)) found.reaches = true;
  };

  // {text, reaches, changes, makes, throws}: the code to run, and what it may do.
  $nk.rewrite = (source) => {
    const found = { reaches: false, changes: false, makes: false, throws: false };
    const text = emit(tokenize(source), found);
    return { ...found, text };
  };
  $nk.names = (source) => new Set(tokenize(source).filter((t) => t.kind === 'word').map((t) => t.text));
}
