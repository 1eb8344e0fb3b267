// Dates as English text, by the options of Intl.DateTimeFormat; and Intl itself.
'use strict';

{
  const { formatNumber, refuse } = $nk.part('intlnumber');
  const NARROW = '\u202f';
  const STYLES = {
    date: { full: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }, long: { year: 'numeric', month: 'long', day: 'numeric' },
      medium: { year: 'numeric', month: 'short', day: 'numeric' }, short: { year: '2-digit', month: 'numeric', day: 'numeric' } },
    time: { full: { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZoneName: 'long' },
      long: { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZoneName: 'short' },
      medium: { hour: 'numeric', minute: '2-digit', second: '2-digit' }, short: { hour: 'numeric', minute: '2-digit' } },
  };
  const KNOWN = new Set(['weekday', 'year', 'month', 'day', 'hour', 'minute', 'second', 'fractionalSecondDigits', 'hour12',
    'hourCycle', 'timeZone', 'timeZoneName', 'dateStyle', 'timeStyle', 'locale', 'numberingSystem', 'calendar', 'formatMatcher']);
  const two = (value) => String(value).padStart(2, '0');

  const expanded = (options) => {
    for (const name of Object.keys(options)) if (!KNOWN.has(name) && options[name] !== undefined) refuse(`the date option "${name}"`);
    const { dateStyle, timeStyle, ...rest } = options;
    return { ...rest, ...(dateStyle ? STYLES.date[dateStyle] : {}), ...(timeStyle ? STYLES.time[timeStyle] : {}),
      styled: Boolean(timeStyle) };
  };
  // British texts differ in more than the order; what is not known for sure is refused.
  const doubtful = (o, options) => o.weekday || options.dateStyle === 'short' || o.timeZoneName
    || (o.month && !['long', 'short'].includes(o.month) && !(o.day && o.year));

  const dateText = (dt, o, british) => {
    const year = o.year === '2-digit' ? two(dt.year % 100) : o.year && String(dt.year);
    const weekday = o.weekday && dt[o.weekday === 'long' ? 'weekdayLong' : 'weekdayShort'];
    const worded = o.month === 'long' || o.month === 'short';
    if (!worded) {
      const padded = british && o.day && o.month && o.year ? two : String;
      const month = o.month && (o.month === '2-digit' ? two : padded)(dt.month);
      const day = o.day && (o.day === '2-digit' ? two : padded)(dt.day);
      const date = (british ? [day, month, year] : [month, day, year]).filter(Boolean).join('/');
      if (weekday && day && !o.month) return `${day} ${weekday}`;
      return [weekday, date].filter(Boolean).join(', ');
    }
    const month = dt[o.month === 'long' ? 'monthLong' : 'monthShort'];
    const day = o.day && (o.day === '2-digit' ? two(dt.day) : String(dt.day));
    if (british) {
      const date = [day, month, year].filter(Boolean).join(' ');
      return weekday ? `${weekday}${o.weekday === 'long' ? ' ' : ', '}${date}` : date;
    }
    const date = day ? `${month} ${day}` : month;
    const dated = day && year ? `${date}, ${year}` : [date, year].filter(Boolean).join(' ');
    return weekday ? `${weekday}, ${dated}` : dated;
  };

  const timeText = (dt, o, british) => {
    const whole = o.hour12 === false || (o.hour12 === undefined && (o.hourCycle ? ['h23', 'h24'].includes(o.hourCycle) : british));
    const parts = [];
    if (o.hour) {
      const hour = whole ? dt.hour : dt.hour % 12 === 0 ? 12 : dt.hour % 12;
      const bare = british && whole && o.hour === 'numeric' && o.minute && !o.hourCycle && !o.styled;
      parts.push((o.hour === '2-digit' || whole) && !bare ? two(hour) : String(hour));
    }
    if (o.minute) parts.push(o.hour || o.second ? two(dt.minute) : String(dt.minute));
    if (o.second) {
      const fraction = o.fractionalSecondDigits ? `.${String(dt.millisecond).padStart(3, '0').slice(0, o.fractionalSecondDigits)}` : '';
      parts.push((o.minute ? two(dt.second) : String(dt.second)) + fraction);
    }
    const half = british ? (dt.hour < 12 ? 'am' : 'pm') : dt.hour < 12 ? 'AM' : 'PM';
    const space = dt.zone.isUniversal ? NARROW : ' '; // as Luxon and V8 have it
    return parts.join(':') + (o.hour && !whole ? space + half : '');
  };

  const zoneText = (dt, form) => {
    if (form === 'short' || form === 'long') return dt.zone.offsetName(dt.ts, { format: form });
    return form === 'longOffset' ? `GMT${dt.offset === 0 ? '' : dt.toFormat('ZZ')}`
      : form === 'shortOffset' ? `GMT${dt.offset === 0 ? '' : dt.toFormat('Z')}` : refuse(`the zone name "${form}"`);
  };

  const formatDateTime = (dt, options = {}, british = false) => {
    const o = expanded(options);
    if (british && doubtful(o, options)) refuse('a date of this form in British English');
    const at = o.timeZone === undefined ? dt : dt.setZone(o.timeZone);
    if (!at.isValid) throw new RangeError(`Invalid time zone specified: ${o.timeZone}`);
    const dated = o.weekday || o.year || o.month || o.day;
    const timed = o.hour || o.minute || o.second || o.fractionalSecondDigits;
    const date = dated || !timed ? dateText(at, dated ? o : { year: 'numeric', month: 'numeric', day: 'numeric' }, british) : '';
    let time = timed ? timeText(at, o, british) : '';
    if (o.timeZoneName) time = time === '' ? zoneText(at, o.timeZoneName) : `${time} ${zoneText(at, o.timeZoneName)}`;
    if (date === '' || time === '') return date + time;
    const between = !timed ? ', ' : o.month === 'long' ? ' at ' : dated && !o.month && !o.day && !o.year ? ' ' : ', ';
    return date + between + time;
  };

  // A Date, as its own toLocale...String methods write it; in UTC unless a zone is asked for.
  const DEFAULTS = { date: { year: 'numeric', month: 'numeric', day: 'numeric' }, time: { hour: 'numeric', minute: '2-digit', second: '2-digit' } };
  const british = (locale) => {
    const name = String((Array.isArray(locale) ? locale[0] : locale) ?? 'en-US');
    if (!/^en(-US|-GB)?$/.test(name)) refuse(`dates in the locale "${name}"`);
    return name === 'en-GB';
  };
  const formatDate = (millis, kind, locale, options = {}, plain = true) => {
    if (Number.isNaN(millis)) return 'Invalid Date';
    const { DateTime } = $nk.part('dates');
    const some = (names) => names.some((name) => options[name] !== undefined);
    const hasDate = some(['weekday', 'year', 'month', 'day', 'dateStyle']);
    const hasTime = some(['hour', 'minute', 'second', 'fractionalSecondDigits', 'timeStyle']);
    const defaults = {};
    if (!hasDate && (kind === 'date' || !hasTime) && kind !== 'time') Object.assign(defaults, DEFAULTS.date);
    if (!hasTime && (kind === 'time' || !hasDate) && kind !== 'date') {
      Object.assign(defaults, DEFAULTS.time, british(locale) ? { hour: '2-digit' } : {});
    }
    const text = formatDateTime(DateTime.fromMillis(millis, { zone: 'utc' }), { ...defaults, ...options }, british(locale));
    return plain ? text.replaceAll(NARROW, ' ') : text;
  };

  class NumberFormat {
    constructor(locale, options = {}) {
      formatNumber(0, locale, options);
      this.format = (value) => formatNumber(typeof value === 'bigint' ? value : Number(value), locale, options);
      this.resolvedOptions = () => ({ locale: locale ?? 'en-US', ...options });
    }
  }
  class DateTimeFormat {
    constructor(locale, options = {}) {
      british(locale);
      this.format = (value) => formatDate(value === undefined ? Date.now() : +value, options.timeStyle || options.dateStyle ? 'any' : 'date', locale, options, false);
      this.resolvedOptions = () => ({ locale: locale ?? 'en-US', timeZone: options.timeZone ?? 'UTC', ...options });
    }
  }
  const NAMES = { NumberFormat, DateTimeFormat };
  const Intl = new Proxy(NAMES, {
    get: (of, name) => (typeof name !== 'string' || name in of ? of[name] : refuse(`Intl.${name}`)),
  });

  $nk.define('intl', { formatNumber, formatDateTime, formatDate, Intl });
}
