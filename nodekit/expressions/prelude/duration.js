// Duration, with Luxon's interface.
'use strict';

{
  const UNITS = ['years', 'quarters', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds', 'milliseconds'];
  const MILLIS = { weeks: 604800000, days: 86400000, hours: 3600000, minutes: 60000, seconds: 1000, milliseconds: 1 };
  const CASUAL = { ...MILLIS, years: 365 * 86400000, quarters: 91 * 86400000, months: 30 * 86400000 };
  // How many of the second make one of the first; what a month has depends on what it is cut into.
  const MATRIX = {
    years: { quarters: 4, months: 12, weeks: 52, days: 365 },
    quarters: { months: 3, weeks: 13, days: 91 },
    months: { weeks: 4, days: 30 },
  };
  const LONGTERM_YEAR = 146097 / 400;
  const LONGTERM = { ...MILLIS, years: LONGTERM_YEAR * 86400000, quarters: LONGTERM_YEAR * 21600000,
    months: LONGTERM_YEAR * 7200000 };

  const ALIASES = { ms: 'milliseconds', sec: 'seconds', secs: 'seconds', min: 'minutes', mins: 'minutes',
    hr: 'hours', hrs: 'hours' };
  // n8n's and Luxon's spellings of a unit, as its plural.
  const unitOf = (name) => {
    const lower = String(name).toLowerCase();
    const unit = ALIASES[lower] ?? (lower.endsWith('s') ? lower : `${lower}s`);
    if (!UNITS.includes(unit)) throw new Error(`Invalid unit ${name}`);
    return unit;
  };

  const factor = (from, to, accurate) => {
    if (accurate) return LONGTERM[from] / LONGTERM[to];
    if (MATRIX[from] === undefined) return CASUAL[from] / CASUAL[to];
    return MATRIX[from][to] ?? MATRIX[from].days * (MILLIS.days / CASUAL[to]);
  };

  const millisOf = (values, accurate = false) => {
    let sum = values.milliseconds ?? 0;
    for (const unit of UNITS.slice(0, -1)) {
      if (values[unit]) sum += values[unit] * factor(unit, 'milliseconds', accurate);
    }
    return sum;
  };

  const ISO = /^-?P(?:(?:(-?\d+(?:\.\d+)?)Y)?(?:(-?\d+(?:\.\d+)?)M)?(?:(-?\d+(?:\.\d+)?)W)?(?:(-?\d+(?:\.\d+)?)D)?(?:T(?:(-?\d+(?:\.\d+)?)H)?(?:(-?\d+(?:\.\d+)?)M)?(?:(-?\d+)(?:[.,](\d+))?S)?)?)$/;
  const ISO_UNITS = ['years', 'months', 'weeks', 'days', 'hours', 'minutes'];

  class Duration {
    constructor(values, options = {}) {
      this.values = values;
      this.accurate = options.conversionAccuracy === 'longterm';
      this.invalid = options.invalid ?? null;
    }

    static fromObject(object, options = {}) {
      if ($nk.isDateTime(object) || !$nk.isObject(object)) {
        throw new Error(`Duration.fromObject: argument expected to be an object, got ${object === null ? 'null' : typeof object}`);
      }
      const values = {};
      for (const [name, value] of Object.entries(object)) {
        if (['conversionAccuracy', 'locale', 'numberingSystem', 'matrix'].includes(name)) continue;
        if (value === undefined || value === null) continue;
        if (typeof value === 'boolean' || value === '' || !Number.isFinite(Number(value))) {
          throw new Error(`Invalid unit value ${value}`);
        }
        values[unitOf(name)] = Number(value);
      }
      return new Duration(values, options);
    }

    static fromMillis(count, options) { return Duration.fromObject({ milliseconds: count }, options); }

    static fromDurationLike(value) {
      if (typeof value === 'number') return Duration.fromMillis(value);
      if (value instanceof Duration) return value;
      if ($nk.isObject(value)) return Duration.fromObject(value);
      throw new Error(`Unknown duration argument ${value} of type ${typeof value}`);
    }

    static fromISO(text, options) {
      const found = ISO.exec(String(text));
      if (found === null) return Duration.invalid('unparsable');
      const negative = String(text).startsWith('-') ? -1 : 1;
      const values = {};
      ISO_UNITS.forEach((unit, i) => { if (found[i + 1] !== undefined) values[unit] = Number(found[i + 1]) * negative; });
      if (found[7] !== undefined) {
        values.seconds = Number(found[7]) * negative;
        const sign = found[7].startsWith('-') ? -1 : 1;
        if (found[8] !== undefined) values.milliseconds = Math.floor(Number(`0.${found[8]}`) * 1000) * sign * negative;
      }
      return new Duration(values, options);
    }

    static fromISOTime(text, options) {
      const found = /^(\d{2}):?(\d{2})?:?(\d{2})?(?:[.,](\d+))?$/.exec(String(text));
      if (found === null) return Duration.invalid('unparsable');
      const [, hours, minutes = 0, seconds = 0, rest = 0] = found;
      return Duration.fromObject({ hours, minutes, seconds, milliseconds: Math.floor(Number(`0.${rest}`) * 1000) }, options);
    }

    static invalid(reason, explanation = null) { return new Duration({}, { invalid: { reason, explanation } }); }
    static isDuration(value) { return value instanceof Duration; }
    static normalizeUnit(name) { return unitOf(name); }

    get isValid() { return this.invalid === null; }
    get invalidReason() { return this.invalid?.reason ?? null; }
    get invalidExplanation() { return this.invalid?.explanation ?? null; }
    get locale() { return 'en-US'; }
    get numberingSystem() { return null; }
    get conversionAccuracy() { return this.accurate ? 'longterm' : 'casual'; }

    with(values) { return new Duration(values, { conversionAccuracy: this.conversionAccuracy, invalid: this.invalid }); }
    get(unit) { return this[unitOf(unit)]; }
    set(values) { return this.isValid ? this.with({ ...this.values, ...Duration.fromObject(values).values }) : this; }
    reconfigure(options = {}) {
      return new Duration(this.values, { conversionAccuracy: options.conversionAccuracy ?? this.conversionAccuracy, invalid: this.invalid });
    }

    plus(other) {
      if (!this.isValid) return this;
      const added = Duration.fromDurationLike(other).values;
      const sum = {};
      for (const unit of UNITS) {
        if (unit in this.values || unit in added) sum[unit] = (this.values[unit] ?? 0) + (added[unit] ?? 0);
      }
      return this.with(sum);
    }

    minus(other) { return this.isValid ? this.plus(Duration.fromDurationLike(other).negate()) : this; }
    negate() { return this.mapUnits((value) => (value === 0 ? 0 : -value)); }

    mapUnits(change) {
      if (!this.isValid) return this;
      return this.with(Object.fromEntries(Object.entries(this.values).map(([unit, value]) => [unit, Number(change(value, unit))])));
    }

    as(unit) { return this.isValid ? this.shiftTo(unit).get(unit) : NaN; }
    toMillis() { return this.isValid ? millisOf(this.values, this.accurate) : NaN; }
    valueOf() { return this.toMillis(); }
    toObject() { return this.isValid ? { ...this.values } : {}; }

    shiftTo(...names) {
      if (!this.isValid || names.length === 0) return this;
      const units = names.map(unitOf);
      const built = {};
      const kept = {};
      let last;
      for (const unit of UNITS) {
        if (!units.includes(unit)) {
          if (typeof this.values[unit] === 'number') kept[unit] = this.values[unit];
          continue;
        }
        last = unit;
        let own = 0;
        for (const [name, value] of Object.entries(kept)) {
          own += factor(name, unit, this.accurate) * value;
          kept[name] = 0;
        }
        if (typeof this.values[unit] === 'number') own += this.values[unit];
        built[unit] = Math.trunc(own);
        kept[unit] = (own * 1000 - built[unit] * 1000) / 1000;
      }
      for (const [name, value] of Object.entries(kept)) {
        if (value !== 0) built[last] += name === last ? value : value / factor(last, name, this.accurate);
      }
      return this.with(balanced(built, this.accurate));
    }

    normalize() { return this.isValid ? this.with(balanced(this.toObject(), this.accurate)) : this; }
    shiftToAll() {
      return this.shiftTo('years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds', 'milliseconds');
    }
    rescale() {
      if (!this.isValid) return this;
      const values = Object.entries(this.normalize().shiftToAll().toObject()).filter(([, value]) => value !== 0);
      return this.with(Object.fromEntries(values));
    }
    removeZeros() { return this.with(Object.fromEntries(Object.entries(this.values).filter(([, value]) => value !== 0))); }

    toISO() {
      if (!this.isValid) return null;
      const v = this.values;
      const date = [[v.years, 'Y'], [(v.months ?? 0) + (v.quarters ?? 0) * 3, 'M'], [v.weeks, 'W'], [v.days, 'D']];
      const time = [[v.hours, 'H'], [v.minutes, 'M']];
      const write = (rows) => rows.filter(([value]) => value).map(([value, letter]) => value + letter).join('');
      let clock = write(time);
      if (v.seconds || v.milliseconds) {
        clock += `${Math.round(((v.seconds ?? 0) + (v.milliseconds ?? 0) / 1000) * 1000) / 1000}S`;
      }
      const text = `P${write(date)}${clock === '' ? '' : `T${clock}`}`;
      return text === 'P' ? 'PT0S' : text;
    }

    toISOTime(options = {}) {
      const millis = this.toMillis();
      if (!this.isValid || millis < 0 || millis >= 86400000) return null;
      const at = $nk.part('dates').DateTime.fromMillis(millis, { zone: 'utc' });
      return at.toISOTime({ ...options, includeOffset: false });
    }

    toFormat(format, options = {}) {
      return this.isValid ? $nk.part('dates').formatDuration(this, format, options) : 'Invalid Duration';
    }

    toHuman(options = {}) {
      if (!this.isValid) return 'Invalid Duration';
      const showZeros = options.showZeros !== false;
      const texts = UNITS.filter((unit) => this.values[unit] !== undefined && (showZeros || this.values[unit] !== 0)).map((unit) => {
        const value = this.values[unit];
        return `${$nk.part('intlnumber').formatNumber(value, 'en-US', { useGrouping: false })} ${value === 1 ? unit.slice(0, -1) : unit}`;
      });
      const last = { long: 'and', short: '&' }[options.listStyle];
      if (last === undefined || texts.length < 2) return texts.join(', ');
      const end = `${last} ${texts.pop()}`;
      return texts.length === 1 ? `${texts[0]} ${end}` : `${texts.join(', ')}, ${end}`;
    }

    toLocaleString(options) { return this.toHuman(options); }
    toJSON() { return this.toISO(); }
    toString() { return this.toISO(); }
    [Symbol.toPrimitive](hint) { return hint === 'string' ? this.toString() : this.valueOf(); }

    equals(other) {
      if (!this.isValid || !(other instanceof Duration) || !other.isValid) return false;
      return UNITS.every((unit) => (this.values[unit] ?? 0) === (other.values[unit] ?? 0));
    }
  }

  // Units in order, with the same sign everywhere and none more than the next larger one takes.
  const balanced = (values, accurate) => {
    const sign = millisOf(values, accurate) < 0 ? -1 : 1;
    const out = { ...values };
    const units = UNITS.filter((unit) => out[unit] !== undefined);
    for (let i = units.length - 1; i > 0; i -= 1) {
      const [large, small] = [units[i - 1], units[i]];
      const each = factor(large, small, accurate);
      const value = out[small] * sign;
      const carried = Math.floor(value / each);
      out[large] += carried * sign;
      out[small] -= carried * each * sign;
    }
    for (let i = 0; i + 1 < units.length; i += 1) {
      const [large, small] = [units[i], units[i + 1]];
      const fraction = out[large] % 1;
      out[large] -= fraction;
      out[small] += fraction * factor(large, small, accurate);
    }
    return out;
  };

  for (const unit of UNITS) {
    Object.defineProperty(Duration.prototype, unit, { configurable: true,
      get() { return this.isValid ? this.values[unit] ?? 0 : NaN; } });
  }

  $nk.define('duration', { Duration, UNITS, unitOf, millisOf });
}
