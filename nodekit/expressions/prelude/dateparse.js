// Text to dates: ISO 8601, SQL, HTTP, RFC 2822, and formats in Luxon's tokens.
//
// A parser gives {fields, zone} or null: fields as in DateTime.fromObject, zone an offset in minutes
// or a name where the text tells one.
'use strict';

{
  const { MONTHS, DAYS, lex, MACROS, PRESETS } = $nk.part('dateformat');
  const OFFSET = '(?:(Z)|([+-]\\d\\d)(?::?(\\d\\d))?)';
  const TIME = `(\\d\\d)(?::?(\\d\\d)(?::?(\\d\\d)(?:[.,](\\d{1,30}))?)?)?`;
  const DATES = [
    [/^([+-]\d{6}|\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?$/, (m) => ({ year: +m[1], month: +(m[2] ?? 1), day: +(m[3] ?? 1) })],
    [/^(\d{4})-?W(\d\d)(?:-?(\d))?$/, (m) => ({ weekYear: +m[1], weekNumber: +m[2], weekday: +(m[3] ?? 1) })],
    [/^(\d{4})-?(\d{3})$/, (m) => ({ year: +m[1], ordinal: +m[2] })],
  ];
  const CLOCK = new RegExp(`^${TIME}${OFFSET}?(?:\\[([^\\]]+)\\])?$`);

  const millis = (digits) => (digits === undefined ? 0 : Math.floor(Number(`0.${digits}`) * 1000));
  const offsetOf = (z, hours, minutes) => {
    if (z !== undefined) return 0;
    if (hours === undefined) return undefined;
    const rest = Number(minutes ?? 0);
    return Number(hours) * 60 + (hours.startsWith('-') ? -rest : rest);
  };
  const clockOf = (text) => {
    const m = CLOCK.exec(text);
    if (m === null) return null;
    const fields = { hour: +m[1], minute: +(m[2] ?? 0), second: +(m[3] ?? 0), millisecond: millis(m[4]) };
    return { fields, zone: m[8] ?? offsetOf(m[5], m[6], m[7]) };
  };
  const dateOf = (text) => {
    for (const [pattern, read] of DATES) {
      const found = pattern.exec(text);
      if (found !== null) return read(found);
    }
    return null;
  };

  const iso = (source) => {
    const text = String(source).trim();
    const cut = text.indexOf('T');
    if (cut < 0) {
      const fields = dateOf(text);
      return fields !== null ? { fields } : /^\d\d:\d\d/.test(text) ? clockOf(text) : null;
    }
    const fields = dateOf(text.slice(0, cut));
    const clock = clockOf(text.slice(cut + 1));
    return fields && clock && { fields: { ...fields, ...clock.fields }, zone: clock.zone };
  };

  const SQL = new RegExp(`^(\\d{4})-(\\d\\d)-(\\d\\d)(?:[ T]${TIME.replaceAll(':?', ':')}(?: ?${OFFSET}| ([A-Za-z_]+(?:/[\\w+-]+)+|UTC|GMT))?)?$`);
  const sql = (source) => {
    const m = SQL.exec(String(source).trim());
    if (m === null) return /^\d\d:\d\d/.test(String(source).trim()) ? clockOf(String(source).trim()) : null;
    const fields = { year: +m[1], month: +m[2], day: +m[3], hour: +(m[4] ?? 0), minute: +(m[5] ?? 0),
      second: +(m[6] ?? 0), millisecond: millis(m[7]) };
    return { fields, zone: m[11] ?? offsetOf(m[8], m[9], m[10]) };
  };

  const monthOf = (name) => MONTHS.findIndex((month) => month.slice(0, 3).toLowerCase() === name.toLowerCase()) + 1;
  const MON = '(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
  const NAMED = { UT: 0, UTC: 0, GMT: 0, Z: 0, EST: -300, EDT: -240, CST: -360, CDT: -300, MST: -420, MDT: -360, PST: -480, PDT: -420 };
  const RFC = new RegExp(`^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\\s+)?(\\d{1,2})\\s+${MON}\\s+(\\d{2,4})\\s+(\\d\\d):(\\d\\d)(?::(\\d\\d))?\\s+(?:(UTC?|GMT|[ECMP][SD]T|Z)|([+-]\\d\\d)(\\d\\d))$`, 'i');
  const yearOf = (digits) => (digits.length > 2 ? +digits : +digits > 60 ? 1900 + +digits : 2000 + +digits);
  const rfc2822 = (source) => {
    const text = String(source).replace(/\([^()]*\)|[\n\t]/g, ' ').replace(/(\s\s+)/g, ' ').trim();
    const m = RFC.exec(text);
    if (m === null) return null;
    const fields = { year: yearOf(m[3]), month: monthOf(m[2]), day: +m[1], hour: +m[4], minute: +m[5],
      second: +(m[6] ?? 0), millisecond: 0 };
    return { fields, zone: m[7] !== undefined ? NAMED[m[7].toUpperCase()] : offsetOf(undefined, m[8], m[9]) };
  };

  const HTTP = [
    [new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d\\d) ${MON} (\\d{4}) (\\d\\d):(\\d\\d):(\\d\\d) GMT$`), [3, 2, 1, 4]],
    [new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d\\d)-${MON}-(\\d\\d) (\\d\\d):(\\d\\d):(\\d\\d) GMT$`), [3, 2, 1, 4]],
    [new RegExp(`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${MON} ( \\d|\\d\\d) (\\d\\d):(\\d\\d):(\\d\\d) (\\d{4})$`), [6, 1, 2, 3]],
  ];
  const http = (source) => {
    for (const [pattern, [year, month, day, hour]] of HTTP) {
      const m = pattern.exec(String(source).trim());
      if (m === null) continue;
      return { zone: 0, fields: { year: yearOf(m[year]), month: monthOf(m[month]), day: +m[day], hour: +m[hour],
        minute: +m[hour + 1], second: +m[hour + 2], millisecond: 0 } };
    }
    return null;
  };

  // Formats. Each token: a pattern, and what its text puts into the fields.
  const escaped = (text) => text.replace(/[-[\]{}()*+?.,\\^$|#\s/]/g, (c) => (/\s/.test(c) ? '\\s' : `\\${c}`));
  const number = (pattern, name) => [pattern, (fields, text) => { fields[name] = Number(text); }];
  const oneOf = (names, put) => [names.map(escaped).join('|'), (fields, text) =>
    put(fields, names.findIndex((name) => name.toLowerCase() === text.toLowerCase()))];
  const short = (names) => names.map((name) => name.slice(0, 3));
  const month = (names) => oneOf(names, (fields, i) => { fields.month = i + 1; });
  const day = (names) => oneOf(names, (fields, i) => { fields.weekday = i + 1; });
  const offset = (pattern) => [pattern, (fields, text) => {
    const m = /^([+-]\d{1,2}):?(\d\d)?$/.exec(text);
    fields.zone = offsetOf(undefined, m[1], m[2]);
  }];
  const twoDigitYear = (name) => ['\\d{2}', (fields, text) => { fields[name] = yearOf(text); }];
  const fraction = (size) => [`\\d{${size}}`, (fields, text) => { fields.millisecond = millis(text); }];
  const TOKENS = {
    y: number('\\d{1,6}', 'year'), yy: ['\\d{2,4}', (fields, text) => { fields.year = yearOf(text); }],
    yyyy: number('\\d{4}', 'year'), yyyyy: number('\\d{4,6}', 'year'), yyyyyy: number('\\d{6}', 'year'),
    L: number('\\d{1,2}', 'month'), LL: number('\\d{2}', 'month'), LLL: month(short(MONTHS)), LLLL: month(MONTHS),
    d: number('\\d{1,2}', 'day'), dd: number('\\d{2}', 'day'), o: number('\\d{1,3}', 'ordinal'), ooo: number('\\d{3}', 'ordinal'),
    H: number('\\d{1,2}', 'hour'), HH: number('\\d{2}', 'hour'), h: number('\\d{1,2}', 'hour12'), hh: number('\\d{2}', 'hour12'),
    m: number('\\d{1,2}', 'minute'), mm: number('\\d{2}', 'minute'), s: number('\\d{1,2}', 'second'), ss: number('\\d{2}', 'second'),
    q: number('\\d{1,2}', 'quarter'), qq: number('\\d{2}', 'quarter'), S: number('\\d{1,3}', 'millisecond'), SSS: number('\\d{3}', 'millisecond'),
    u: fraction('1,9'), uu: fraction('1,2'), uuu: fraction('1'),
    a: oneOf(['AM', 'PM'], (fields, i) => { fields.meridiem = i; }), kkkk: number('\\d{4}', 'weekYear'), kk: twoDigitYear('weekYear'),
    W: number('\\d{1,2}', 'weekNumber'), WW: number('\\d{2}', 'weekNumber'), E: number('\\d', 'weekday'), c: number('\\d', 'weekday'),
    EEE: day(short(DAYS)), EEEE: day(DAYS), ccc: day(short(DAYS)), cccc: day(DAYS), Z: offset('[+-]\\d{1,2}(?::\\d{2})?'),
    ZZ: offset('[+-]\\d{1,2}(?::\\d{2})?'), ZZZ: offset('[+-]\\d{1,2}(?:\\d{2})?'),
    z: ['[A-Za-z_+-/\\d]{1,256}?', (fields, text) => { fields.zone = text; }],
    G: oneOf(['BC', 'AD'], (fields, i) => { fields.era = i; }), GG: oneOf(['Before Christ', 'Anno Domini'], (fields, i) => { fields.era = i; }),
  };
  for (let size = 1; size <= 4; size += 1) TOKENS['M'.repeat(size)] = TOKENS['L'.repeat(size)];

  // What a macro token means in English, as tokens.
  const EXPANDED = { D: 'M/d/yyyy', DD: 'LLL d, yyyy', DDD: 'LLLL d, yyyy', DDDD: 'EEEE, LLLL d, yyyy', t: 'h:mm a',
    tt: 'h:mm:ss a', T: 'H:mm', TT: 'H:mm:ss', f: 'M/d/yyyy, h:mm a', ff: 'LLL d, yyyy, h:mm a', F: 'M/d/yyyy, h:mm:ss a',
    FF: 'LLL d, yyyy, h:mm:ss a' };

  const pieces = (format) => lex(format).flatMap((run) => (!run.literal && EXPANDED[run.text] ? lex(EXPANDED[run.text]) : [run]));
  const refuse = (message) => { throw new Error(message); };
  const byFormat = (source, format) => {
    const handlers = [];
    const pattern = pieces(format).map(({ text, literal }) => {
      if (!literal && MACROS[text] && PRESETS[MACROS[text]]) refuse(`cannot parse with the format token ${text}`);
      if (literal || !Object.hasOwn(TOKENS, text)) return escaped(text);
      handlers.push(TOKENS[text][1]);
      return `(${TOKENS[text][0]})`;
    }).join('');
    const found = new RegExp(`^${pattern}$`, 'i').exec(source);
    if (found === null) return null;
    const fields = {};
    handlers.forEach((put, i) => put(fields, found[i + 1]));
    return settled(fields);
  };

  // Fields that only mean something together: half days, quarters, eras.
  const settled = ({ hour12, meridiem, quarter, era, zone, ...fields }) => {
    if (hour12 !== undefined) {
      fields.hour = hour12;
      if (hour12 < 12 && meridiem === 1) fields.hour += 12;
      if (hour12 === 12 && meridiem === 0) fields.hour = 0;
    }
    if (quarter !== undefined && fields.month === undefined) fields.month = (quarter - 1) * 3 + 1;
    if (era === 0 && fields.year > 0) fields.year = -fields.year;
    return { fields, zone };
  };

  $nk.define('dateparse', { iso, sql, rfc2822, http, byFormat });
}
