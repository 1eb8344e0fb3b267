// Dates and durations as text: Luxon's tokens, and ISO.
'use strict';

{
  const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
    'November', 'December'];
  const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
  const NUMERIC = { year: 'numeric', month: 'numeric', day: 'numeric' };
  const MEDIUM = { ...NUMERIC, month: 'short' };
  const FULL = { ...NUMERIC, month: 'long' };
  const HUGE = { ...FULL, weekday: 'long' };
  const CLOCK = { hour: 'numeric', minute: 'numeric' };
  const SECONDS = { ...CLOCK, second: 'numeric' };
  const H24 = { hourCycle: 'h23' };
  const SHORT_ZONE = { timeZoneName: 'short' };
  const LONG_ZONE = { timeZoneName: 'long' };
  const PRESETS = {
    DATE_SHORT: NUMERIC, DATE_MED: MEDIUM, DATE_MED_WITH_WEEKDAY: { ...MEDIUM, weekday: 'short' }, DATE_FULL: FULL,
    DATE_HUGE: HUGE, TIME_SIMPLE: CLOCK, TIME_WITH_SECONDS: SECONDS,
    TIME_WITH_SHORT_OFFSET: { ...SECONDS, ...SHORT_ZONE }, TIME_WITH_LONG_OFFSET: { ...SECONDS, ...LONG_ZONE },
    TIME_24_SIMPLE: { ...CLOCK, ...H24 }, TIME_24_WITH_SECONDS: { ...SECONDS, ...H24 },
    TIME_24_WITH_SHORT_OFFSET: { ...SECONDS, ...H24, ...SHORT_ZONE },
    TIME_24_WITH_LONG_OFFSET: { ...SECONDS, ...H24, ...LONG_ZONE },
    DATETIME_SHORT: { ...NUMERIC, ...CLOCK }, DATETIME_SHORT_WITH_SECONDS: { ...NUMERIC, ...SECONDS },
    DATETIME_MED: { ...MEDIUM, ...CLOCK }, DATETIME_MED_WITH_SECONDS: { ...MEDIUM, ...SECONDS },
    DATETIME_MED_WITH_WEEKDAY: { ...MEDIUM, weekday: 'short', ...CLOCK },
    DATETIME_FULL: { ...FULL, ...CLOCK, ...SHORT_ZONE }, DATETIME_FULL_WITH_SECONDS: { ...FULL, ...SECONDS, ...SHORT_ZONE },
    DATETIME_HUGE: { ...HUGE, ...CLOCK, ...LONG_ZONE }, DATETIME_HUGE_WITH_SECONDS: { ...HUGE, ...SECONDS, ...LONG_ZONE },
  };
  const MACROS = {
    D: 'DATE_SHORT', DD: 'DATE_MED', DDD: 'DATE_FULL', DDDD: 'DATE_HUGE', t: 'TIME_SIMPLE', tt: 'TIME_WITH_SECONDS',
    ttt: 'TIME_WITH_SHORT_OFFSET', tttt: 'TIME_WITH_LONG_OFFSET', T: 'TIME_24_SIMPLE', TT: 'TIME_24_WITH_SECONDS',
    TTT: 'TIME_24_WITH_SHORT_OFFSET', TTTT: 'TIME_24_WITH_LONG_OFFSET', f: 'DATETIME_SHORT', ff: 'DATETIME_MED',
    fff: 'DATETIME_FULL', ffff: 'DATETIME_HUGE', F: 'DATETIME_SHORT_WITH_SECONDS', FF: 'DATETIME_MED_WITH_SECONDS',
    FFF: 'DATETIME_FULL_WITH_SECONDS', FFFF: 'DATETIME_HUGE_WITH_SECONDS',
  };

  const pad = (value, size = 2) => {
    const text = String(Math.abs(value)).padStart(size, '0');
    return value < 0 ? `-${text}` : text;
  };

  // A format as runs: {text, literal}. Quotes protect text; equal letters make one token.
  const lex = (format) => {
    const runs = [];
    let run = '';
    let quoted = false;
    const flush = (literal) => {
      if (run !== '') runs.push({ text: run, literal: literal || /^\s+$/.test(run) });
      run = '';
    };
    for (const c of format) {
      if (c === "'") {
        flush(quoted);
        quoted = !quoted;
      } else if (quoted || (run !== '' && c === run.at(-1)) || run === '') run += c;
      else {
        flush(false);
        run = c;
      }
    }
    flush(quoted);
    return runs;
  };

  const era = (dt, form) => {
    const after = dt.year > 0;
    return { long: after ? 'Anno Domini' : 'Before Christ', short: after ? 'AD' : 'BC', narrow: after ? 'A' : 'B' }[form];
  };
  const offsetText = (dt, format) => dt.zone.formatOffset(dt.ts, format);
  const hour12 = (dt) => (dt.hour % 12 === 0 ? 12 : dt.hour % 12);
  const TOKENS = {
    S: (dt) => String(dt.millisecond), SSS: (dt) => pad(dt.millisecond, 3), u: (dt) => pad(dt.millisecond, 3),
    uu: (dt) => pad(Math.floor(dt.millisecond / 10)), uuu: (dt) => String(Math.floor(dt.millisecond / 100)),
    s: (dt) => String(dt.second), ss: (dt) => pad(dt.second), m: (dt) => String(dt.minute), mm: (dt) => pad(dt.minute),
    h: (dt) => String(hour12(dt)), hh: (dt) => pad(hour12(dt)), H: (dt) => String(dt.hour), HH: (dt) => pad(dt.hour),
    Z: (dt) => offsetText(dt, 'narrow'), ZZ: (dt) => offsetText(dt, 'short'), ZZZ: (dt) => offsetText(dt, 'techie'),
    ZZZZ: (dt) => dt.zone.offsetName(dt.ts, { format: 'short' }), ZZZZZ: (dt) => dt.zone.offsetName(dt.ts, { format: 'long' }),
    z: (dt) => dt.zoneName, a: (dt) => (dt.hour < 12 ? 'AM' : 'PM'), d: (dt) => String(dt.day), dd: (dt) => pad(dt.day),
    c: (dt) => String(dt.weekday), ccc: (dt) => DAYS[dt.weekday - 1].slice(0, 3), cccc: (dt) => DAYS[dt.weekday - 1],
    ccccc: (dt) => DAYS[dt.weekday - 1][0], L: (dt) => String(dt.month), LL: (dt) => pad(dt.month),
    LLL: (dt) => MONTHS[dt.month - 1].slice(0, 3), LLLL: (dt) => MONTHS[dt.month - 1], LLLLL: (dt) => MONTHS[dt.month - 1][0],
    y: (dt) => String(dt.year), yy: (dt) => String(dt.year).slice(-2).padStart(2, '0'), yyyy: (dt) => pad(dt.year, 4),
    yyyyyy: (dt) => pad(dt.year, 6), G: (dt) => era(dt, 'short'), GG: (dt) => era(dt, 'long'),
    GGGGG: (dt) => era(dt, 'narrow'), kk: (dt) => String(dt.weekYear).slice(-2).padStart(2, '0'),
    kkkk: (dt) => pad(dt.weekYear, 4), W: (dt) => String(dt.weekNumber), WW: (dt) => pad(dt.weekNumber),
    n: (dt) => String(dt.localWeekNumber), nn: (dt) => pad(dt.localWeekNumber),
    ii: (dt) => String(dt.localWeekYear).slice(-2).padStart(2, '0'), iiii: (dt) => pad(dt.localWeekYear, 4),
    o: (dt) => String(dt.ordinal), ooo: (dt) => pad(dt.ordinal, 3), q: (dt) => String(dt.quarter), qq: (dt) => pad(dt.quarter),
    X: (dt) => String(Math.floor(dt.ts / 1000)), x: (dt) => String(dt.ts),
  };
  for (let size = 1; size <= 5; size += 1) {
    TOKENS['M'.repeat(size)] = TOKENS['L'.repeat(size)];
    if (size !== 2) TOKENS['E'.repeat(size)] = TOKENS['c'.repeat(size)];
  }

  const format = (dt, pattern) => lex(pattern).map(({ text, literal }) => {
    if (literal) return text;
    if (Object.hasOwn(MACROS, text)) return $nk.part('intl').formatDateTime(dt, PRESETS[MACROS[text]]);
    return Object.hasOwn(TOKENS, text) ? TOKENS[text](dt) : text;
  }).join('');

  // Durations: each token is a unit, cut from the largest to the smallest.
  const UNIT = { S: 'milliseconds', s: 'seconds', m: 'minutes', h: 'hours', d: 'days', w: 'weeks', M: 'months', y: 'years' };
  const formatDuration = (duration, pattern, { floor = true, signMode = 'all' } = {}) => {
    const runs = lex(pattern);
    const used = runs.filter((run) => !run.literal && UNIT[run.text[0]]).map((run) => UNIT[run.text[0]]);
    const shifted = duration.shiftTo(...used);
    const negative = shifted.toMillis() < 0;
    const largest = $nk.part('duration').UNITS.find((unit) => used.includes(unit));
    return runs.map(({ text, literal }) => {
      const unit = literal ? undefined : UNIT[text[0]];
      if (unit === undefined) return text;
      const value = floor ? Math.floor(shifted.get(unit)) : shifted.get(unit);
      const signless = signMode === 'negativeLargestOnly' && unit !== largest;
      const shown = signless ? Math.abs(value) : value;
      const text2 = Number.isInteger(shown) ? pad(shown, text.length) : String(shown).padStart(text.length, '0');
      return signMode === 'negativeLargestOnly' && negative && unit === largest && value === 0 ? `-${text2}` : text2;
    }).join('');
  };

  const isoDate = (dt, extended, precision = 'day') => {
    const long = dt.year > 9999 || dt.year < 0;
    const year = `${long && dt.year >= 0 ? '+' : ''}${pad(dt.year, long ? 6 : 4)}`;
    const dash = extended ? '-' : '';
    if (precision === 'year') return year;
    if (precision === 'month') return `${year}${dash}${pad(dt.month)}`;
    return `${year}${dash}${pad(dt.month)}${dash}${pad(dt.day)}`;
  };
  const isoTime = (dt, options) => {
    const { format: form = 'extended', suppressSeconds = false, suppressMilliseconds = false, includeOffset = true,
      precision = 'millisecond' } = options;
    const colon = form === 'basic' ? '' : ':';
    const depth = ['hour', 'minute', 'second', 'millisecond'].indexOf(String(precision).toLowerCase().replace(/s$/, ''));
    let text = pad(dt.hour);
    if (depth >= 1) text += colon + pad(dt.minute);
    if (depth >= 2 && (dt.millisecond !== 0 || dt.second !== 0 || !suppressSeconds)) {
      text += colon + pad(dt.second);
      if (depth >= 3 && (dt.millisecond !== 0 || !suppressMilliseconds)) text += `.${pad(dt.millisecond, 3)}`;
    }
    return includeOffset ? text + isoOffset(dt, options) : text;
  };
  const isoOffset = (dt, { extendedZone = false }) => {
    if (dt.isOffsetFixed && dt.offset === 0 && !extendedZone) return 'Z';
    const total = Math.trunc(Math.abs(dt.offset));
    const text = `${dt.offset < 0 ? '-' : '+'}${pad(Math.trunc(total / 60))}:${pad(total % 60)}`;
    return extendedZone ? `${text}[${dt.zone.ianaName}]` : text;
  };

  // The usual form; where JavaScript's own text is the same, that is used.
  const isoPlain = (dt) => {
    const { offset } = dt;
    const local = dt.ts + offset * 60000;
    if (local < -62167219200000 || local >= 253402300800000 || !Number.isInteger(local)) {
      return `${isoDate(dt, true)}T${isoTime(dt, {})}`;
    }
    return new Date(local).toISOString().slice(0, -1) + isoOffset(dt, {});
  };

  $nk.define('dateformat', { MONTHS, DAYS, PRESETS, MACROS, lex, format, formatDuration, isoDate, isoTime, isoOffset, isoPlain });
}
