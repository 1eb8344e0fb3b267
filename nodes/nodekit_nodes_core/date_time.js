// The arithmetic of the node date_time: for each item of the input {value}, or {fault}.
//
// DateTime is the one of expressions. Dates are read as people write them; a zone that a date does
// not say is the one given as `from_zone`, else the pipeline's.
const OFFSET = /(Z|[+-]\d{2}(?::?\d{2})?)$/i;
const ZONED = /(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})(?:\s*\([^)]*\))?$/i;
const NUMBER = /^\s*[+-]?\d+(?:\.\d+)?\s*$/;

// moment's tokens, as far as Luxon has the same thing, for reading and writing.
const LUXON = {
  YYYY: 'yyyy', YY: 'yy', Y: 'y', MMMM: 'MMMM', MMM: 'MMM', MM: 'MM', M: 'M', DDDD: 'ooo', DDD: 'o',
  DD: 'dd', D: 'd', dddd: 'EEEE', ddd: 'EEE', E: 'E', GGGG: 'kkkk', GG: 'kk', WW: 'WW', W: 'W',
  Q: 'q', HH: 'HH', H: 'H', hh: 'hh', h: 'h', mm: 'mm', m: 'm', ss: 'ss', s: 's', SSS: 'SSS',
  SS: 'uu', S: 'uuu', A: 'a', a: 'a', ZZ: 'ZZZ', Z: 'ZZ', X: 'X', x: 'x',
};
const LONG = {
  LTS: 'h:mm:ss A', LT: 'h:mm A', LLLL: 'dddd, MMMM D, YYYY h:mm A', LLL: 'MMMM D, YYYY h:mm A',
  LL: 'MMMM D, YYYY', L: 'MM/DD/YYYY', llll: 'ddd, MMM D, YYYY h:mm A', lll: 'MMM D, YYYY h:mm A',
  ll: 'MMM D, YYYY', l: 'M/D/YYYY',
};
const LONGS = /\[[^\]]*\]|LTS|LT|L{1,4}|l{1,4}/g;
const TOKENS = /\[([^\]]*)\]|(YYYY|YY|Y|MMMM|MMM|MM|Mo|M|DDDD|DDDo|DDD|DD|Do|D|dddd|ddd|dd|do|d|e|E|GGGG|GG|WW|Wo|W|Qo|Q|HH|H|hh|h|kk|k|mm|m|ss|s|S{1,9}|A|a|zz|z|ZZ|Z|X|x)|([A-Za-z]+?|'|.)/gs;

const ordinal = (n) => {
  const tens = Math.floor(n % 100 / 10);
  return n + (tens === 1 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
};
const OWN = {
  Mo: (d) => ordinal(d.month), Do: (d) => ordinal(d.day), DDDo: (d) => ordinal(d.ordinal),
  dd: (d) => d.toFormat('EEE').slice(0, 2), do: (d) => ordinal(d.weekday % 7),
  d: (d) => d.weekday % 7, e: (d) => d.weekday % 7, Wo: (d) => ordinal(d.weekNumber),
  Qo: (d) => ordinal(d.quarter), kk: (d) => String(d.hour || 24).padStart(2, '0'),
  k: (d) => d.hour || 24, a: (d) => d.toFormat('a').toLowerCase(),
  z: (d) => d.offsetNameShort, zz: (d) => d.offsetNameShort,
};
const expanded = (format) => format.replace(LONGS, (part) => LONG[part] ?? part);
const byMoment = (date, format) => expanded(format).replace(TOKENS, (all, literal, token) => {
  if (literal !== undefined) return literal;
  if (token === undefined) return all;
  if (OWN[token]) return String(OWN[token](date));
  if (/^S{4,}$/.test(token)) return date.toFormat('SSS').padEnd(token.length, '0');
  return date.toFormat(LUXON[token]);
});
const asLuxon = (format) => expanded(format).replace(TOKENS, (all, literal, token) => {
  if (literal !== undefined) return `'${literal}'`;
  if (token === undefined) return /[A-Za-z]/.test(all) ? `'${all}'` : all;
  if (LUXON[token] === undefined) throw new Error(`dates cannot be read by the token ${token}`);
  return LUXON[token];
});

const ownZone = (value) => {
  const offset = typeof value === 'string' && /\d[T ].*\d/i.test(value) ? value.trim().match(OFFSET)?.[1] : undefined;
  return offset === undefined || /z/i.test(offset) ? 'utc' : `UTC${offset.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2')}`;
};
// n8n shows a date in its own zone only if that is east of Greenwich, and counts whole hours.
const eastZone = (value) => {
  const hours = typeof value === 'string' ? Number(value.split('+')[1]?.slice(0, 2)) : NaN;
  return hours <= 14 ? `Etc/GMT-${hours}` : 'utc';
};
const zoneOf = (value, zone) => ({ own: ownZone, own_east: eastZone })[zone]?.(value) ?? zone ?? $now.zoneName;
const moment = (number) => {
  const digits = String(Math.trunc(Math.abs(number))).length;
  return DateTime.fromMillis(Number.isInteger(number) && digits >= 12 ? number : number * 1000);
};
const written = (text, zone) => {
  for (const read of ['fromISO', 'fromRFC2822', 'fromHTTP', 'fromSQL']) {
    const found = DateTime[read](text, { zone });
    if (found.isValid) return found;
  }
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return null;
  const found = DateTime.fromMillis(date.getTime(), { zone: 'utc' });
  return ZONED.test(text) ? found : found.setZone(zone, { keepLocalTime: true });
};
const read = (value, { from, tokens, from_zone: given }) => {
  const zone = given ?? $now.zoneName;
  if (from) {
    const found = DateTime.fromFormat(String(value), tokens === 'moment' ? asLuxon(from) : from, { zone });
    if (found.isValid) return found;
    throw new Error(`is no date as ${from} describes`);
  }
  if (typeof value === 'number') return moment(value);
  const text = typeof value === 'string' ? value.trim() : '';
  const found = NUMBER.test(text) ? moment(Number(text)) : text && written(text, zone);
  if (!found || !found.isValid) throw new Error('is no date');
  return found;
};
const placed = (value, asked) => {
  const zone = zoneOf(value, asked.zone);
  const found = read(value, asked).setZone(zone);
  if (!found.isValid) throw new Error(`cannot be shown in the time zone ${zone}`);
  return found;
};
const iso = (date, asked) => (asked.utc ? date.toUTC() : date).toISO();

const DO = {
  now: (asked) => {
    const now = $now.setZone(zoneOf(null, asked.zone));
    return iso(asked.time ? now : now.startOf('day'), asked);
  },
  add: (asked, date) => shown(date.plus({ [asked.unit]: asked.amount }), asked),
  subtract: (asked, date) => shown(date.minus({ [asked.unit]: asked.amount }), asked),
  format: (asked, date) => shown(date, asked),
  round: (asked, date) => {
    const unit = asked.to;
    return iso((asked.up ? date.plus({ [unit]: 1 }) : date).startOf(unit), asked);
  },
  between: (asked, date) => {
    const difference = placed(asked.end, asked).diff(date, asked.units);
    return asked.iso ? difference.toISO() : difference.toObject();
  },
  part: (asked, date) => date[{ week: 'weekNumber' }[asked.part] ?? asked.part],
};
const shown = (date, asked) => {
  if (!asked.format) return iso(date, asked);
  return asked.tokens === 'moment' ? byMoment(date, asked.format) : date.toFormat(asked.format);
};
return $input.all().map(({ json: asked }) => {
  let at = asked.date;
  try {
    const date = asked.do === 'now' ? null : placed(at, asked);
    at = asked.do === 'between' ? asked.end : at;
    return { value: DO[asked.do](asked, date) };
  } catch (error) {
    return { fault: String(error?.message ?? error), at: at ?? null };
  }
});
