// DateTime's arithmetic: adding, cutting, comparing, zones; as in Luxon.
'use strict';

{
  const { DateTime, fieldsOf, English } = $nk.part('datetime');
  const { Duration, UNITS, unitOf, millisOf } = $nk.part('duration');
  const calendar = $nk.part('calendar');
  const zones = $nk.part('zones');

  // Fields out of range carry over to the next larger one.
  const at = (dt, fields) => new DateTime(calendar.instant(fields, dt.offset, dt.zone)[0], dt.zone);

  // Years, months, weeks and days move the calendar; what is smaller, and fractions, move the clock.
  const CALENDAR = ['years', 'quarters', 'months', 'weeks', 'days'];
  const moved = (dt, values) => {
    let clock = (values.hours ?? 0) * 3600000 + (values.minutes ?? 0) * 60000 + (values.seconds ?? 0) * 1000
      + (values.milliseconds ?? 0);
    let steps = 0;
    const whole = {};
    for (const unit of CALENDAR) {
      const value = values[unit] ?? 0;
      whole[unit] = Math.trunc(value);
      if (whole[unit] !== 0) steps += 1;
      if (whole[unit] !== value) clock += millisOf({ [unit]: value - whole[unit] });
    }
    if (steps === 0) return new DateTime(dt.ts + clock, dt.zone);
    const { fields } = dt;
    const months = fields.month + whole.months + whole.quarters * 3;
    const year = fields.year + whole.years + Math.floor((months - 1) / 12);
    const month = ((months - 1) % 12 + 12) % 12 + 1;
    const day = Math.min(fields.day, calendar.daysInMonth(year, month)) + whole.days + whole.weeks * 7;
    const [ts] = calendar.instant({ ...fields, year, month, day }, dt.offset, dt.zone);
    return new DateTime(ts + clock, dt.zone);
  };

  const dayDiff = (a, b) => {
    const days = (dt) => calendar.utcMillis(dt.year, dt.month, dt.day) / calendar.DAY;
    return Math.floor(days(b) - days(a));
  };
  const COUNT = {
    years: (a, b) => b.year - a.year,
    quarters: (a, b) => b.quarter - a.quarter + (b.year - a.year) * 4,
    months: (a, b) => b.month - a.month + (b.year - a.year) * 12,
    weeks: (a, b) => { const days = dayDiff(a, b); return (days - days % 7) / 7; },
    days: dayDiff,
  };

  // How much of each unit fits between two times, the first the earlier; the last has the fraction.
  const between = (earlier, later, units, options) => {
    const found = {};
    let cursor = earlier;
    let lowest;
    let high;
    for (const unit of Object.keys(COUNT)) {
      if (!units.includes(unit)) continue;
      lowest = unit;
      found[unit] = COUNT[unit](cursor, later);
      high = earlier.plus(found);
      if (high > later) {
        found[unit] -= 1;
        cursor = earlier.plus(found);
        if (cursor > later) {
          high = cursor;
          found[unit] -= 1;
          cursor = earlier.plus(found);
        }
      } else cursor = high;
    }
    const left = later - cursor;
    const small = units.filter((unit) => UNITS.indexOf(unit) >= UNITS.indexOf('hours'));
    if (small.length === 0 && lowest !== undefined) {
      if (high < later) high = cursor.plus({ [lowest]: 1 });
      if (+high !== +cursor) found[lowest] += left / (high - cursor);
    }
    const duration = Duration.fromObject(found, options);
    return small.length > 0 ? Duration.fromMillis(left, options).shiftTo(...small).plus(duration) : duration;
  };

  const singular = (unit) => unitOf(unit).slice(0, -1);
  const RELATIVE = ['years', 'months', 'days', 'hours', 'minutes', 'seconds'];
  const relative = (count, unit, numeric) => {
    const n = Math.abs(count);
    const past = Object.is(count, -0) || count < 0;
    const one = unit.slice(0, -1);
    if (numeric === 'auto' && Number.isInteger(count)) {
      if (one === 'day') {
        const named = { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[count];
        if (named) return named;
      }
      if (['year', 'quarter', 'month', 'week'].includes(one)) {
        const named = { '-1': `last ${one}`, 0: `this ${one}`, 1: `next ${one}` }[count];
        if (named) return named;
      }
      if (count === 0) return one === 'second' ? 'now' : `this ${one}`;
    }
    const words = `${$nk.part('intlnumber').formatNumber(n, 'en-US', { useGrouping: false })} ${n === 1 ? one : unit}`;
    return past ? `${words} ago` : `in ${words}`;
  };

  const methods = {
    set(values) {
      if (!this.isValid) return this;
      const given = fieldsOf(values);
      const byWeek = given.weekYear !== undefined || given.weekNumber !== undefined || given.weekday !== undefined;
      const others = ['ordinal', 'year', 'month', 'day'].some((name) => given[name] !== undefined);
      if (byWeek && others && (given.weekYear !== undefined || given.weekNumber !== undefined)) {
        throw new Error("Can't mix weekYear/weekNumber units with year/month/day or ordinals");
      }
      if (given.quarter !== undefined) given.month = (given.quarter - 1) * 3 + 1;
      if (byWeek) return at(this, { ...this.fields, ...given, ...calendar.ofWeek({ ...this.week, ...given }) });
      if (given.ordinal !== undefined) {
        return at(this, { ...this.fields, ...given, ...calendar.ofOrdinal(given.year ?? this.year, given.ordinal) });
      }
      const fields = { ...this.fields, ...given };
      if (given.day === undefined) fields.day = Math.min(calendar.daysInMonth(fields.year, fields.month), fields.day);
      return at(this, fields);
    },

    setZone(zone, { keepLocalTime = false, keepCalendarTime = false } = {}) {
      const next = zones.toZone(zone, zones.home);
      if (!this.isValid || next.equals(this.zone)) return this;
      if (!next.isValid) return DateTime.invalid('unsupported zone', `the zone "${next.name}" is not supported`);
      if (!keepLocalTime && !keepCalendarTime) return new DateTime(this.ts, next);
      return new DateTime(calendar.instant(this.fields, next.offset(this.ts), next)[0], next);
    },
    toUTC(offset = 0, options = {}) {
      return this.setZone(zones.toZone(offset, zones.utc), options);
    },
    toLocal() { return this.setZone(zones.home); },
    setLocale(locale) { English(locale); return this; },
    reconfigure({ locale } = {}) { English(locale); return this; },

    plus(duration) { return this.isValid ? moved(this, Duration.fromDurationLike(duration).values) : this; },
    minus(duration) { return this.isValid ? moved(this, Duration.fromDurationLike(duration).negate().values) : this; },

    startOf(name, { useLocaleWeeks = false } = {}) {
      if (!this.isValid) return this;
      const unit = singular(name);
      const values = {};
      const zero = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'];
      const from = zero.indexOf(unit);
      if (unit === 'year') values.month = 1;
      if (['year', 'quarter', 'month'].includes(unit)) values.day = 1;
      if (from >= 0 && from <= 4) values.hour = 0;
      if (from >= 0 && from <= 5) values.minute = 0;
      if (from >= 0 && from <= 6) values.second = 0;
      if (from >= 0) values.millisecond = 0;
      if (unit === 'quarter') values.month = (Math.ceil(this.month / 3) - 1) * 3 + 1;
      if (unit === 'week') {
        const back = useLocaleWeeks ? this.weekday % 7 : this.weekday - 1;
        return this.minus({ days: back }).set(values);
      }
      return this.set(values);
    },
    endOf(unit, options) {
      return this.isValid ? this.plus({ [unitOf(unit)]: 1 }).startOf(unit, options).minus(1) : this;
    },

    diff(other, names = 'milliseconds', options = {}) {
      if (!this.isValid || !other.isValid) return Duration.invalid('created by diffing an invalid DateTime');
      const units = (Array.isArray(names) ? names : [names]).map(unitOf);
      const later = other.valueOf() > this.valueOf();
      const found = between(later ? this : other, later ? other : this, units, options);
      return later ? found.negate() : found;
    },
    diffNow(unit = 'milliseconds', options = {}) { return this.diff(DateTime.now(), unit, options); },
    until(other) { return this.isValid ? $nk.part('interval').Interval.fromDateTimes(this, other) : this; },
    hasSame(other, unit, options) {
      if (!this.isValid) return false;
      const inside = other.valueOf();
      const adjusted = this.setZone(other.zone, { keepLocalTime: true });
      return adjusted.startOf(unit, options) <= inside && inside <= adjusted.endOf(unit, options);
    },
    equals(other) {
      return this.isValid && $nk.isDateTime(other) && other.isValid && this.valueOf() === other.valueOf() && this.zone.equals(other.zone);
    },
    get(unit) { return this[unit]; },
    resolvedLocaleOptions() { return { locale: 'en-US', numberingSystem: 'latn', outputCalendar: 'gregory' }; },
    getPossibleOffsets() { return [this]; },

    toRelative(options = {}) {
      English(options.locale);
      if (!this.isValid) return null;
      const base = options.base ?? DateTime.now().setZone(this.zone);
      const padding = options.padding ? (this < base ? -options.padding : options.padding) : 0;
      const target = this.plus(padding);
      const units = options.unit ? [options.unit].flat().map(unitOf) : RELATIVE;
      const scale = options.round === false ? 100 : 1;
      const round = (count) => Math.trunc(count * scale) / scale;
      const counts = (unit) => round(target.diff(base, unit).get(unit));
      for (const unit of units) {
        const count = counts(unit);
        if (Math.abs(count) >= 1) return relative(count, unit, 'always');
      }
      return relative(base > target ? -0 : 0, units.at(-1), 'always');
    },
    toRelativeCalendar(options = {}) {
      English(options.locale);
      if (!this.isValid) return null;
      const base = options.base ?? DateTime.now().setZone(this.zone);
      const units = options.unit ? [unitOf(options.unit)] : ['years', 'months', 'days'];
      for (const unit of units) {
        const count = this.hasSame(base, unit) ? 0 : this.startOf(unit).diff(base.startOf(unit), unit).get(unit);
        if (Math.abs(count) >= 1) return relative(Math.round(count), unit, 'auto');
      }
      return relative(0, units.at(-1), 'auto');
    },
  };
  for (const [name, method] of Object.entries(methods)) $nk.hidden(DateTime.prototype, name, method);
}
