// DateTime, with Luxon's interface: making and reading one. See datemath.js for arithmetic.
'use strict';

{
  const calendar = $nk.part('calendar');
  const parsers = $nk.part('dateparse');
  const text = $nk.part('dateformat');
  const zones = $nk.part('zones');
  const { ExpressionError } = $nk;

  const English = (name) => {
    if (name !== undefined && name !== null && !/^en(-|$)/i.test(String(name))) {
      throw new ExpressionError(`the locale "${name}" is not known: dates are written in English only`, 'locale');
    }
  };
  const FIELDS = ['year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond'];
  const NAMES = { year: 'year', years: 'year', quarter: 'quarter', quarters: 'quarter', month: 'month', months: 'month',
    day: 'day', days: 'day', hour: 'hour', hours: 'hour', minute: 'minute', minutes: 'minute', second: 'second',
    seconds: 'second', millisecond: 'millisecond', milliseconds: 'millisecond', weekday: 'weekday', weekdays: 'weekday',
    weeknumber: 'weekNumber', weeksnumber: 'weekNumber', weeknumbers: 'weekNumber', weekyear: 'weekYear',
    weekyears: 'weekYear', ordinal: 'ordinal', localweekday: 'weekday', localweeknumber: 'weekNumber', localweekyear: 'weekYear' };

  // An object of units as fields by their singular names.
  const fieldsOf = (object) => {
    const fields = {};
    for (const [name, value] of Object.entries(object)) {
      if (['zone', 'locale', 'numberingSystem', 'outputCalendar'].includes(name)) continue;
      const field = NAMES[name.toLowerCase()];
      if (field === undefined) throw new Error(`Invalid unit ${name}`);
      if (value === undefined || value === null) continue;
      const number = Number(value);
      if (typeof value === 'boolean' || value === '' || !Number.isFinite(number)) throw new Error(`Invalid unit value ${value}`);
      fields[field] = number;
    }
    return fields;
  };

  const LIMITS = { month: [1, 12], hour: [0, 24], minute: [0, 59], second: [0, 59], millisecond: [0, 999] };
  // The first field that is out of range, by name, or null.
  const misfit = (fields) => {
    for (const [name, [low, high]] of Object.entries(LIMITS)) {
      const value = fields[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= low && value <= high)) return name;
    }
    if (fields.hour === 24 && (fields.minute || fields.second || fields.millisecond)) return 'hour';
    if (fields.day !== undefined
      && !(fields.day >= 1 && fields.day <= calendar.daysInMonth(fields.year, fields.month))) return 'day';
    return null;
  };
  const invalidUnit = (unit, value) => DateTime.invalid('unit out of range',
    `you specified ${value} (of type ${typeof value}) as a ${unit}, which is invalid`);

  // Fields with what they leave out: what is above them as now, what is below at its least.
  const completed = (fields, now) => {
    if (fields.ordinal !== undefined) {
      const year = fields.year ?? now.year;
      if (!(fields.ordinal >= 1 && fields.ordinal <= calendar.daysInYear(year))) return { fault: ['ordinal', fields.ordinal] };
      return { hour: 0, minute: 0, second: 0, millisecond: 0, ...fields, ...calendar.ofOrdinal(year, fields.ordinal) };
    }
    const byWeek = fields.weekYear !== undefined || fields.weekNumber !== undefined
      || (fields.weekday !== undefined && fields.year === undefined && fields.month === undefined && fields.day === undefined);
    if (byWeek) return completedWeek(fields, now);
    const out = {};
    let given = false;
    const least = { year: now.year, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
    for (const name of FIELDS) {
      if (fields[name] !== undefined) given = true;
      out[name] = fields[name] ?? (given ? least[name] : now[name]);
    }
    return out;
  };
  const completedWeek = (fields, now) => {
    const current = calendar.weekOf(now);
    const weekYear = fields.weekYear ?? current.weekYear;
    const given = fields.weekYear !== undefined;
    const weekNumber = fields.weekNumber ?? (given ? 1 : current.weekNumber);
    const weekday = fields.weekday ?? 1;
    if (!(weekNumber >= 1 && weekNumber <= calendar.weeksInYear(weekYear))) return { fault: ['week', weekNumber] };
    if (!(weekday >= 1 && weekday <= 7)) return { fault: ['weekday', weekday] };
    const { hour = 0, minute = 0, second = 0, millisecond = 0 } = fields;
    return { ...calendar.ofWeek({ weekYear, weekNumber, weekday }), hour, minute, second, millisecond };
  };

  const PLAIN = {};
  const now = () => {
    const { facts } = $nk.state;
    return facts.now ?? Date.now();
  };
  const zoneOf = (options) => zones.toZone(options?.zone, zones.home);
  const badZone = (zone) => DateTime.invalid('unsupported zone', `the zone "${zone.name}" is not supported`);

  class DateTime {
    constructor(ts, zone, invalid = null) {
      this.ts = ts;
      this.zone = zone;
      this.invalid = invalid;
      this.known = null;
      Object.defineProperty(this, 'known', { enumerable: false });
    }

    static invalid(reason, explanation = null) {
      if (!reason) throw new Error('need to specify a reason the DateTime is invalid');
      return new DateTime(NaN, zones.home, { reason, explanation });
    }

    static now() { return new DateTime(now(), zones.home); }
    static isDateTime(value) { return value instanceof DateTime; }

    static local(...args) {
      const options = $nk.isObject(args.at(-1)) ? args.pop() : {};
      const object = Object.fromEntries(args.map((value, i) => [FIELDS[i], value]));
      return args.length === 0 ? new DateTime(now(), zoneOf(options)) : DateTime.fromObject(object, options);
    }

    static utc(...args) {
      const options = $nk.isObject(args.at(-1)) ? args.pop() : {};
      return DateTime.local(...args, { ...options, zone: zones.utc });
    }

    static fromMillis(millis, options = {}) {
      English(options.locale);
      if (typeof millis !== 'number') {
        throw new Error(`fromMillis requires a numerical input, but received a ${typeof millis} with value ${millis}`);
      }
      const zone = zoneOf(options);
      if (!zone.isValid) return badZone(zone);
      return Math.abs(millis) <= 8.64e15 ? new DateTime(millis, zone) : DateTime.invalid('Timestamp out of range');
    }

    static fromSeconds(seconds, options) {
      if (typeof seconds !== 'number') throw new Error('fromSeconds requires a numerical input');
      return DateTime.fromMillis(seconds * 1000, options);
    }

    static fromJSDate(date, options = {}) {
      const millis = date instanceof Date ? date.valueOf() : NaN;
      return Number.isNaN(millis) ? DateTime.invalid('invalid input') : DateTime.fromMillis(millis, options);
    }

    static fromObject(object, options = {}) {
      English(options.locale);
      const zone = zoneOf(options);
      if (!zone.isValid) return badZone(zone);
      const given = fieldsOf(object ?? {});
      const mixed = given.ordinal !== undefined || given.month !== undefined || given.day !== undefined || given.year !== undefined;
      if (mixed && (given.weekYear !== undefined || given.weekNumber !== undefined)) {
        throw new Error("Can't mix weekYear/weekNumber units with year/month/day or ordinals");
      }
      if ((given.month !== undefined || given.day !== undefined) && given.ordinal !== undefined) {
        throw new Error("Can't mix ordinal dates with month/day");
      }
      return DateTime.built(given, zone);
    }

    // What checked fields mean in a zone.
    static built(given, zone) {
      const guess = zone.offset(now());
      const whole = given.millisecond !== undefined && given.year !== undefined && given.day !== undefined && given.weekday === undefined;
      const fields = whole ? given : completed(given, calendar.fieldsAt(now(), guess));
      if (fields.fault) return invalidUnit(...fields.fault);
      const wrong = misfit(fields);
      if (wrong !== null) return invalidUnit(wrong, fields[wrong]);
      const made = new DateTime(calendar.instant(fields, guess, zone)[0], zone);
      if (given.weekday !== undefined && given.day !== undefined && made.weekday !== given.weekday) {
        return DateTime.invalid('mismatched weekday',
          `you can't specify both a weekday of ${given.weekday} and a date of ${made.toISO()}`);
      }
      return made;
    }

    // What a parser found, as a DateTime: in its own zone, then moved to the one asked for.
    static parsed(found, options, source, name) {
      English(options.locale);
      if (found === null) {
        return DateTime.invalid('unparsable', `the input "${source}" can't be parsed as ${name}`);
      }
      const zone = zoneOf(options);
      const own = found.zone === undefined ? zone : zones.toZone(found.zone, zone);
      if (!own.isValid || !zone.isValid) return badZone(own.isValid ? zone : own);
      const made = DateTime.built(found.fields, own);
      return made.isValid ? made.setZone(options.setZone ? own : zone) : made;
    }

    static fromISO(source, options = {}) {
      return DateTime.parsed(parsers.iso(source), options, source, 'ISO 8601');
    }
    static fromSQL(source, options = {}) { return DateTime.parsed(parsers.sql(source), options, source, 'SQL'); }
    static fromHTTP(source, options = {}) { return DateTime.parsed(parsers.http(source), options, source, 'HTTP'); }
    static fromRFC2822(source, options = {}) {
      return DateTime.parsed(parsers.rfc2822(source), options, source, 'RFC 2822');
    }
    static fromFormat(source, format, options = {}) {
      if (source === undefined || format === undefined) throw new Error('fromFormat requires an input string and a format');
      return DateTime.parsed(parsers.byFormat(String(source), format), options, source, format);
    }
    static fromString(source, format, options) { return DateTime.fromFormat(source, format, options); }

    static max(...list) { return list.reduce((a, b) => (a === undefined || b > a ? b : a), undefined); }
    static min(...list) { return list.reduce((a, b) => (a === undefined || b < a ? b : a), undefined); }
    static buildFormatParser(format) { return { format }; }

    get fields() {
      if (this.known === null) this.known = calendar.fieldsAt(this.ts, this.zone.offset(this.ts));
      return this.known;
    }
    get week() { return calendar.weekOf(this.fields); }
    get isValid() { return this.invalid === null; }
    get invalidReason() { return this.invalid?.reason ?? null; }
    get invalidExplanation() { return this.invalid?.explanation ?? null; }
    get locale() { return this.isValid ? 'en-US' : null; }
    get numberingSystem() { return null; }
    get outputCalendar() { return null; }
    get zoneName() { return this.isValid ? this.zone.name : null; }
    get offset() { return this.isValid ? this.zone.offset(this.ts) : NaN; }
    get offsetNameShort() { return this.isValid ? this.zone.offsetName(this.ts, { format: 'short' }) : null; }
    get offsetNameLong() { return this.isValid ? this.zone.offsetName(this.ts, { format: 'long' }) : null; }
    get isOffsetFixed() { return this.isValid ? this.zone.isUniversal : null; }
    get isInDST() {
      if (this.isOffsetFixed || !this.isValid) return false;
      return this.offset > this.set({ month: 1, day: 1 }).offset || this.offset > this.set({ month: 5 }).offset;
    }

    toMillis() { return this.isValid ? this.ts : NaN; }
    valueOf() { return this.toMillis(); }
    toSeconds() { return this.isValid ? this.ts / 1000 : NaN; }
    toUnixInteger() { return this.isValid ? Math.floor(this.ts / 1000) : NaN; }
    toJSDate() { return new Date(this.isValid ? this.ts : NaN); }
    toBSON() { return this.toJSDate(); }
    toObject(options = {}) {
      if (!this.isValid) return {};
      return options.includeConfig ? { ...this.fields, locale: 'en-US', numberingSystem: null, outputCalendar: null } : { ...this.fields };
    }

    toISO(options = PLAIN) {
      if (!this.isValid) return null;
      if (options === PLAIN) return text.isoPlain(this);
      const precision = String(options.precision ?? 'millisecond').toLowerCase().replace(/s$/, '');
      const date = text.isoDate(this, options.format !== 'basic', precision);
      return ['year', 'month', 'day'].includes(precision) ? date + (options.includeOffset === false ? '' : text.isoOffset(this, options))
        : `${date}T${text.isoTime(this, options)}`;
    }
    toISODate(options = {}) {
      return this.isValid ? text.isoDate(this, options.format !== 'basic', options.precision ?? 'day') : null;
    }
    toISOTime(options = {}) {
      return this.isValid ? `${options.includePrefix ? 'T' : ''}${text.isoTime(this, options)}` : null;
    }
    toISOWeekDate() { return this.isValid ? text.format(this, "kkkk-'W'WW-c") : null; }
    toFormat(format, options = {}) {
      English(options.locale);
      return this.isValid ? text.format(this, String(format)) : 'Invalid DateTime';
    }
    toLocaleString(format = text.PRESETS.DATE_SHORT, options = {}) {
      English(options.locale ?? format.locale);
      return this.isValid ? $nk.part('intl').formatDateTime(this, { ...format, ...options }) : 'Invalid DateTime';
    }
    toLocaleParts() { throw new ExpressionError('toLocaleParts() is not offered here', 'locale'); }
    toHTTP() { return this.isValid ? text.format(this.toUTC(), "EEE, dd LLL yyyy HH:mm:ss 'GMT'") : null; }
    toRFC2822() { return this.isValid ? text.format(this, 'EEE, dd LLL yyyy HH:mm:ss ZZZ') : null; }
    toSQLDate() { return this.isValid ? this.toISODate() : null; }
    toSQLTime({ includeOffset = true, includeZone = false, includeOffsetSpace = true } = {}) {
      if (!this.isValid) return null;
      const offset = this.zone.isUniversal && this.offset === 0 ? "'Z'" : 'ZZ';
      const tail = includeZone ? 'z' : includeOffset ? offset : '';
      return text.format(this, `HH:mm:ss.SSS${tail !== '' && includeOffsetSpace ? ' ' : ''}${tail}`);
    }
    toSQL(options = {}) { return this.isValid ? `${this.toSQLDate()} ${this.toSQLTime(options)}` : null; }
    toString() { return this.isValid ? this.toISO() : 'Invalid DateTime'; }
    toJSON() { return this.toISO(); }
    [Symbol.toPrimitive](hint) { return hint === 'number' ? this.valueOf() : hint === 'default' ? this.valueOf() : this.toString(); }
  }

  const reading = (name, read) => Object.defineProperty(DateTime.prototype, name, { configurable: true,
    get() { return this.isValid ? read(this) : NaN; } });
  for (const name of FIELDS) reading(name, (dt) => dt.fields[name]);
  for (const name of ['weekYear', 'weekNumber', 'weekday']) reading(name, (dt) => dt.week[name]);
  reading('quarter', (dt) => Math.ceil(dt.fields.month / 3));
  reading('ordinal', (dt) => calendar.ordinal(dt.year, dt.month, dt.day));
  Object.defineProperty(DateTime.prototype, 'daysInMonth', { configurable: true,
    get() { return this.isValid ? calendar.daysInMonth(this.year, this.month) : undefined; } });
  reading('daysInYear', (dt) => calendar.daysInYear(dt.year));
  reading('weeksInWeekYear', (dt) => calendar.weeksInYear(dt.weekYear));
  // Weeks of English (US): they begin on Sunday, and the first has January the first.
  const localWeek = (dt) => {
    const { year } = dt;
    const start = (y) => { const first = calendar.weekday(y, 1, 1) % 7; return calendar.utcMillis(y, 1, 1) - first * calendar.DAY; };
    const at = calendar.utcMillis(year, dt.month, dt.day);
    const weekYear = at >= start(year + 1) ? year + 1 : at < start(year) ? year - 1 : year;
    return { weekYear, weekNumber: Math.floor((at - start(weekYear)) / (7 * calendar.DAY)) + 1 };
  };
  reading('localWeekday', (dt) => dt.weekday % 7 + 1);
  reading('localWeekNumber', (dt) => localWeek(dt).weekNumber);
  reading('localWeekYear', (dt) => localWeek(dt).weekYear);
  for (const [name, month] of [['monthLong', 99], ['monthShort', 3]]) {
    Object.defineProperty(DateTime.prototype, name, { configurable: true, get() {
      return this.isValid ? text.MONTHS[this.month - 1].slice(0, month) : null;
    } });
  }
  for (const [name, length] of [['weekdayLong', 99], ['weekdayShort', 3]]) {
    Object.defineProperty(DateTime.prototype, name, { configurable: true, get() {
      return this.isValid ? text.DAYS[this.weekday - 1].slice(0, length) : null;
    } });
  }
  Object.defineProperty(DateTime.prototype, 'isInLeapYear', { configurable: true,
    get() { return this.isValid ? calendar.isLeap(this.year) : false; } });
  Object.assign(DateTime, text.PRESETS);

  $nk.define('datetime', { DateTime, fieldsOf, English });
}
