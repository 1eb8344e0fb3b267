// Interval, with Luxon's interface: a span of time with a start, and an end that is not part of it.
'use strict';

{
  const { DateTime } = $nk.part('datetime');
  const { Duration, unitOf } = $nk.part('duration');

  const toDateTime = (value) => {
    if ($nk.isDateTime(value)) return value;
    if (value instanceof Date) return DateTime.fromJSDate(value);
    if ($nk.isObject(value)) return DateTime.fromObject(value);
    throw new Error(`Unknown datetime argument: ${value}, of type ${typeof value}`);
  };

  class Interval {
    constructor(s, e, invalid = null) {
      this.s = s;
      this.e = e;
      this.invalid = invalid;
    }

    static invalid(reason, explanation = null) { return new Interval(null, null, { reason, explanation }); }
    static isInterval(value) { return value instanceof Interval; }

    static fromDateTimes(start, end) {
      const [s, e] = [toDateTime(start), toDateTime(end)];
      if (!s.isValid || !e.isValid) return Interval.invalid('missing or invalid start or end');
      if (e < s) return Interval.invalid('end before start', `The end of an interval must be after its start, but you had start=${s.toISO()} and end=${e.toISO()}`);
      return new Interval(s, e);
    }
    static after(start, duration) {
      const s = toDateTime(start);
      return Interval.fromDateTimes(s, s.plus(Duration.fromDurationLike(duration)));
    }
    static before(end, duration) {
      const e = toDateTime(end);
      return Interval.fromDateTimes(e.minus(Duration.fromDurationLike(duration)), e);
    }
    static fromISO(text, options) {
      const [from, to] = String(text).split('/', 2);
      if (!from || !to) return Interval.invalid('unparsable', `the input "${text}" can't be parsed as ISO 8601`);
      const [s, e] = [DateTime.fromISO(from, options), DateTime.fromISO(to, options)];
      if (s.isValid && e.isValid) return Interval.fromDateTimes(s, e);
      if (s.isValid && Duration.fromISO(to).isValid) return Interval.after(s, Duration.fromISO(to));
      if (e.isValid && Duration.fromISO(from).isValid) return Interval.before(e, Duration.fromISO(from));
      return Interval.invalid('unparsable', `the input "${text}" can't be parsed as ISO 8601`);
    }

    static merge(list) {
      const sorted = [...list].sort((a, b) => a.s - b.s);
      const out = [];
      for (const next of sorted) {
        const last = out.at(-1);
        if (last !== undefined && (last.overlaps(next) || last.abutsStart(next))) out[out.length - 1] = last.union(next);
        else out.push(next);
      }
      return out;
    }
    static xor(list) {
      const edges = list.flatMap((one) => [[one.s, 1], [one.e, -1]]).sort((a, b) => a[0] - b[0]);
      const out = [];
      let [start, depth] = [null, 0];
      for (const [time, change] of edges) {
        depth += change;
        if (depth === 1) start = time;
        else {
          if (start !== null && +start !== +time) out.push(Interval.fromDateTimes(start, time));
          start = null;
        }
      }
      return Interval.merge(out);
    }

    get start() { return this.isValid ? this.s : null; }
    get end() { return this.isValid ? this.e : null; }
    get lastDateTime() { return this.isValid ? this.e.minus(1) : null; }
    get isValid() { return this.invalid === null; }
    get invalidReason() { return this.invalid?.reason ?? null; }
    get invalidExplanation() { return this.invalid?.explanation ?? null; }

    toDuration(unit = 'milliseconds', options) {
      return this.isValid ? this.e.diff(this.s, unit, options) : Duration.invalid(this.invalidReason);
    }
    length(unit = 'milliseconds') { return this.isValid ? this.toDuration(unit).get(unitOf(unit)) : NaN; }
    count(unit = 'milliseconds', options) {
      if (!this.isValid) return NaN;
      const start = this.s.startOf(unit, options);
      const end = this.e.startOf(unit, options);
      return Math.floor(end.diff(start, unit).get(unitOf(unit))) + (end.valueOf() !== this.e.valueOf() ? 1 : 0);
    }
    hasSame(unit) { return this.isValid ? this.isEmpty() || this.e.minus(1).hasSame(this.s, unit) : false; }
    isEmpty() { return this.s.valueOf() === this.e.valueOf(); }
    isAfter(time) { return this.isValid && this.s > time; }
    isBefore(time) { return this.isValid && this.e <= time; }
    contains(time) { return this.isValid && this.s <= time && this.e > time; }
    set({ start, end } = {}) { return this.isValid ? Interval.fromDateTimes(start ?? this.s, end ?? this.e) : this; }

    splitAt(...times) {
      if (!this.isValid) return [];
      const sorted = times.map(toDateTime).filter((time) => this.contains(time)).sort((a, b) => a - b);
      const edges = [...sorted.filter((time) => +time !== +this.s), this.e];
      let from = this.s;
      return edges.map((to) => {
        const piece = Interval.fromDateTimes(from, to);
        from = to;
        return piece;
      });
    }
    splitBy(duration) {
      const step = Duration.fromDurationLike(duration);
      if (!this.isValid || !step.isValid || step.as('milliseconds') === 0) return [];
      const out = [];
      let from = this.s;
      for (let i = 1; from < this.e; i += 1) {
        const next = this.s.plus(step.mapUnits((value) => value * i));
        const to = next > this.e ? this.e : next;
        out.push(Interval.fromDateTimes(from, to));
        from = to;
      }
      return out;
    }
    divideEqually(parts) { return this.isValid ? this.splitBy(this.length() / parts).slice(0, parts) : []; }

    overlaps(other) { return this.e > other.s && this.s < other.e; }
    abutsStart(other) { return this.isValid && +this.e === +other.s; }
    abutsEnd(other) { return this.isValid && +other.e === +this.s; }
    engulfs(other) { return this.isValid && this.s <= other.s && this.e >= other.e; }
    equals(other) { return this.isValid && other.isValid && this.s.equals(other.s) && this.e.equals(other.e); }
    intersection(other) {
      if (!this.isValid) return this;
      const s = this.s > other.s ? this.s : other.s;
      const e = this.e < other.e ? this.e : other.e;
      return s >= e ? null : Interval.fromDateTimes(s, e);
    }
    union(other) {
      if (!this.isValid) return this;
      return Interval.fromDateTimes(this.s < other.s ? this.s : other.s, this.e > other.e ? this.e : other.e);
    }
    difference(...others) {
      return Interval.xor([this, ...others]).map((one) => this.intersection(one)).filter((one) => one && !one.isEmpty());
    }
    mapEndpoints(change) { return Interval.fromDateTimes(change(this.s), change(this.e)); }

    toString() { return this.isValid ? `[${this.s.toISO()} – ${this.e.toISO()})` : 'Invalid Interval'; }
    toISO(options) { return this.isValid ? `${this.s.toISO(options)}/${this.e.toISO(options)}` : 'Invalid Interval'; }
    toISODate() { return this.isValid ? `${this.s.toISODate()}/${this.e.toISODate()}` : 'Invalid Interval'; }
    toISOTime(options) { return this.isValid ? `${this.s.toISOTime(options)}/${this.e.toISOTime(options)}` : 'Invalid Interval'; }
    toFormat(format, { separator = ' – ' } = {}) {
      return this.isValid ? `${this.s.toFormat(format)}${separator}${this.e.toFormat(format)}` : 'Invalid Interval';
    }
    toLocaleString(format) { return this.toFormat === undefined ? '' : `${this.s.toLocaleString(format)} – ${this.e.toLocaleString(format)}`; }
  }

  $nk.define('interval', { Interval });
}
