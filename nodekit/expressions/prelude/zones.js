// Time zones for DateTime: fixed offsets, and named zones over tables that Python computes.
//
// A zone answers offset(ts) in minutes and rule(ts): [since, offset in seconds, abbreviation, dst].
'use strict';

{
  const YEARS_28 = (365 * 28 + 7) * 86400000; // after so long the calendar repeats
  const TABLE_END = Date.UTC(2100, 0, 1);

  const signed = (minutes, format) => {
    const total = Math.round(Math.abs(minutes));
    const [hours, rest] = [Math.floor(total / 60), total % 60];
    const sign = minutes >= 0 ? '+' : '-';
    const two = (n) => String(n).padStart(2, '0');
    if (format === 'short') return `${sign}${two(hours)}:${two(rest)}`;
    if (format === 'narrow') return `${sign}${hours}${rest > 0 ? `:${rest}` : ''}`;
    return `${sign}${two(hours)}${two(rest)}`;
  };

  // English names of zones in winter and summer, as Intl has them; short ones exist for America only.
  const LONG = {
    'America/New_York': 'Eastern', 'America/Toronto': 'Eastern', 'America/Detroit': 'Eastern',
    'America/Chicago': 'Central', 'America/Winnipeg': 'Central', 'America/Denver': 'Mountain',
    'America/Edmonton': 'Mountain', 'America/Phoenix': 'Mountain', 'America/Los_Angeles': 'Pacific',
    'America/Vancouver': 'Pacific', 'America/Anchorage': 'Alaska', 'Pacific/Honolulu': 'Hawaii-Aleutian',
  };
  const CENTRAL_EUROPE = new Set(('Berlin Paris Madrid Rome Vienna Zurich Amsterdam Brussels Copenhagen Oslo '
    + 'Stockholm Prague Warsaw Budapest Belgrade Zagreb Ljubljana Bratislava Luxembourg Malta Monaco Andorra '
    + 'Tirane Sarajevo Skopje Podgorica San_Marino Vatican Vaduz Gibraltar Busingen').split(' ').map((c) => `Europe/${c}`));
  const EASTERN_EUROPE = new Set(('Athens Helsinki Kiev Kyiv Bucharest Sofia Riga Tallinn Vilnius Chisinau Mariehamn '
    + 'Kaliningrad').split(' ').map((c) => `Europe/${c}`));
  const OTHERS = {
    'Asia/Tokyo': ['Japan Standard Time'], 'Asia/Kolkata': ['India Standard Time'],
    'Asia/Calcutta': ['India Standard Time'], 'Asia/Shanghai': ['China Standard Time'],
    'Asia/Singapore': ['Singapore Standard Time'], 'Asia/Hong_Kong': ['Hong Kong Standard Time'],
    'Asia/Seoul': ['Korean Standard Time'], 'Asia/Dubai': ['Gulf Standard Time'],
    'Europe/Moscow': ['Moscow Standard Time'], 'Europe/Lisbon': ['Western European Standard Time', 'Western European Summer Time'],
    'Europe/London': ['Greenwich Mean Time', 'British Summer Time'], 'Europe/Dublin': ['Greenwich Mean Time', 'Irish Standard Time'],
    'America/Sao_Paulo': ['Brasilia Standard Time', 'Brasilia Summer Time'],
    'Australia/Sydney': ['Australian Eastern Standard Time', 'Australian Eastern Daylight Time'],
    'Australia/Melbourne': ['Australian Eastern Standard Time', 'Australian Eastern Daylight Time'],
    'Australia/Brisbane': ['Australian Eastern Standard Time'],
    'Pacific/Auckland': ['New Zealand Standard Time', 'New Zealand Daylight Time'],
    'Africa/Johannesburg': ['South Africa Standard Time'],
  };
  const longName = (name, summer) => {
    if (LONG[name]) return `${LONG[name]} ${summer ? 'Daylight' : 'Standard'} Time`;
    if (CENTRAL_EUROPE.has(name)) return `Central European ${summer ? 'Summer' : 'Standard'} Time`;
    if (EASTERN_EUROPE.has(name)) return `Eastern European ${summer ? 'Summer' : 'Standard'} Time`;
    const found = OTHERS[name]?.[summer ? 1 : 0];
    if (found) return found;
    throw new $nk.ExpressionError(`the English name of the time zone "${name}" is not known`, 'locale',
      'Use the zone or the offset: .zoneName, or .toFormat("ZZ").');
  };

  class FixedZone {
    constructor(minutes) { this.minutes = minutes; }

    get type() { return 'fixed'; }
    get name() { return this.minutes === 0 ? 'UTC' : `UTC${signed(this.minutes, 'narrow')}`; }
    get ianaName() { return this.minutes === 0 ? 'Etc/UTC' : `Etc/GMT${signed(-this.minutes, 'narrow')}`; }
    get isUniversal() { return true; }
    get isValid() { return true; }
    offset() { return this.minutes; }
    summer() { return false; }
    offsetName() { return this.name; }
    formatOffset(ts, format) { return signed(this.minutes, format); }
    equals(other) { return other instanceof FixedZone && other.minutes === this.minutes; }
  }

  class NamedZone {
    constructor(name, rules) {
      this.name = name;
      this.rules = rules;
      this.last = 0;
    }

    get type() { return 'iana'; }
    get ianaName() { return this.name; }
    get isUniversal() { return false; }
    get isValid() { return this.rules !== null; }

    rule(ts) {
      let at = ts;
      if (at >= TABLE_END) at -= Math.ceil((at - TABLE_END + 1) / YEARS_28) * YEARS_28;
      const { rules } = this;
      const holds = (i) => (i === 0 || rules[i][0] <= at) && (i + 1 === rules.length || at < rules[i + 1][0]);
      if (holds(this.last)) return rules[this.last];
      let [low, high] = [0, rules.length];
      while (high - low > 1) {
        const middle = low + high >> 1;
        if (rules[middle][0] <= at) low = middle; else high = middle;
      }
      this.last = low;
      return rules[low];
    }

    offset(ts) { return this.rules === null || Number.isNaN(ts) ? NaN : this.rule(ts)[1] / 60; }
    summer(ts) { return this.rule(ts)[3]; }
    formatOffset(ts, format) { return signed(this.offset(ts), format); }
    equals(other) { return other instanceof NamedZone && other.name === this.name; }

    offsetName(ts, { format = 'short' } = {}) {
      const [, seconds, letters, summer] = this.rule(ts);
      if (format === 'long') return longName(this.name, summer);
      if (LONG[this.name]) return letters;
      return seconds === 0 ? 'GMT' : `GMT${signed(seconds / 60, 'narrow')}`;
    }
  }

  const utc = new FixedZone(0);
  const made = new Map();
  const named = (name) => {
    if (!made.has(name)) made.set(name, new NamedZone(name, $nk.zone(name)));
    return made.get(name);
  };
  const invalid = (name) => new NamedZone(String(name), null);

  // Any way to name a zone (Luxon: normalizeZone). `fallback` stands for "none given".
  const toZone = (input, fallback) => {
    if (input === undefined || input === null) return fallback;
    if (input instanceof FixedZone || input instanceof NamedZone) return input;
    if (typeof input === 'number') return input === 0 ? utc : new FixedZone(input);
    if (typeof input !== 'string') return invalid(input);
    const lower = input.toLowerCase();
    if (lower === 'default') return fallback;
    if (['utc', 'gmt', 'local', 'system'].includes(lower)) return utc;
    const fixed = /^utc(?:([+-]\d{1,2})(?::(\d{2}))?)$/i.exec(input);
    if (fixed !== null) {
      const hours = Number(fixed[1]);
      const minutes = Number(fixed[2] ?? 0);
      return new FixedZone(hours * 60 + (fixed[1].startsWith('-') ? -minutes : minutes));
    }
    return /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(input) ? named(input) : invalid(input);
  };

  $nk.define('zones', { FixedZone, NamedZone, utc, toZone, signed,
    get home() { return toZone($nk.state.facts.timezone ?? 'UTC', utc); } });
}
