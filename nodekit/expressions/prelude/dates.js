// n8n's data functions for dates, and the ways from text and numbers to a DateTime.
'use strict';

{
  const { DateTime } = $nk.part('datetime');
  const { Duration, unitOf } = $nk.part('duration');
  const { Interval } = $nk.part('interval');
  const { formatDuration } = $nk.part('dateformat');
  const { ExpressionExtensionError } = $nk;
  const fail = (message) => { throw new ExpressionExtensionError(message); };

  const scaled = (value, unit) => {
    if (unit === 'ms') return value;
    if (unit === 's') return value * 1000;
    if (unit === 'us') return value / 1000;
    if (unit === 'excel') return (value - 25569) * 86400000;
    return fail(`Unsupported format: ${unit}`);
  };
  const ofNumber = (value, unit = 'ms') => {
    if (!['ms', 's', 'us', 'excel'].includes(unit)) {
      fail(`Unsupported format ${JSON.stringify(unit)}. toDateTime() supports the following formats: ms, s, us, excel`);
    }
    return DateTime.fromMillis(scaled(value, unit));
  };

  const KEEP = { setZone: true };
  const parse = (text) => {
    for (const read of ['fromISO', 'fromHTTP', 'fromRFC2822', 'fromSQL']) {
      const found = DateTime[read](text, KEEP);
      if (found.isValid) return found;
    }
    const millis = Date.parse(text);
    return Number.isNaN(millis) ? DateTime.invalid('unparsable') : DateTime.fromMillis(millis);
  };
  const ofText = (text, format) => {
    let found;
    if (['ms', 's', 'us', 'excel'].includes(format)) {
      const number = Number(text);
      found = text.trim() === '' || Number.isNaN(number) ? DateTime.invalid('unparsable') : ofNumber(number, format);
    } else found = format === undefined || format === null || format === '' ? parse(text.trim()) : DateTime.fromFormat(text, String(format));
    return found.isValid ? found : fail('cannot convert to Luxon DateTime');
  };

  // Anything that may stand for a date, as a DateTime, perhaps an invalid one.
  const ofAny = (value) => {
    if ($nk.isDateTime(value)) return value;
    if (value instanceof Date) return DateTime.fromJSDate(value);
    if (typeof value === 'number') return DateTime.fromMillis(value);
    if (typeof value === 'string') return value === '' ? DateTime.now() : parse(value);
    return value === undefined || value === null ? DateTime.now() : DateTime.invalid('unparsable');
  };
  // The receiver may be a Date, a DateTime, or text that is a whole ISO date.
  const asReceiver = (receiver, found) => (receiver instanceof Date ? found.toJSDate() : found);

  const PARTS = { week: 'weekNumber', weeknumber: 'weekNumber', yeardaynumber: 'ordinal', weekday: 'weekday' };
  const extract = (receiver, part = 'week') => {
    const dt = ofAny(receiver);
    const name = String(part).toLowerCase();
    return dt.get(PARTS[name] ?? unitOf(name).slice(0, -1));
  };

  const spanOf = (args) => {
    if (args.length === 1) {
      const [only] = args;
      return $nk.isObject(only) ? only : Number(only);
    }
    const [count = 0, unit = 'minutes'] = args;
    return { [unitOf(unit)]: Number(count) };
  };

  const diffTo = (receiver, other = '', unit = 'days') => {
    const duration = ofAny(receiver).diff(ofAny(other), unit);
    return Array.isArray(unit) ? duration.toObject() : duration.as(unit);
  };

  const isBetween = (receiver, ...edges) => {
    if (edges.length !== 2) fail('isBetween(): expected exactly two args');
    const [first, second] = edges.map(ofAny);
    if (!first.isValid || !second.isValid) return undefined;
    const at = ofAny(receiver);
    return first > second ? second < at && at < first : first < at && at < second;
  };

  const dated = {
    beginningOf: (receiver, unit = 'week') => asReceiver(receiver, ofAny(receiver).startOf(unitOf(unit))),
    endOfMonth: (receiver) => asReceiver(receiver, ofAny(receiver).endOf('month')),
    extract,
    format: (receiver, format = 'yyyy-MM-dd', options = {}) => ofAny(receiver).toFormat(format, options),
    isBetween,
    isDst: (receiver) => ofAny(receiver).isInDST,
    isInLast(receiver, count = 0, unit = 'minutes') {
      const at = ofAny(receiver);
      const end = DateTime.now();
      return end.minus({ [unitOf(unit)]: count }) <= at && at <= end;
    },
    isWeekend: (receiver) => ofAny(receiver).weekday > 5,
    plus: (receiver, ...args) => asReceiver(receiver, ofAny(receiver).plus(spanOf(args))),
    minus: (receiver, ...args) => asReceiver(receiver, ofAny(receiver).minus(spanOf(args))),
    diffTo,
    diffToNow: (receiver, unit) => diffTo(receiver, DateTime.now(), unit),
    toDateTime: (receiver) => ofAny(receiver),
    toInt: (receiver) => receiver.valueOf(),
    toFloat: (receiver) => receiver.valueOf(),
    toNumber: (receiver) => receiver.valueOf(),
    toBoolean: () => undefined,
    isEmpty: () => false,
    isNotEmpty: () => true,
  };

  $nk.define('dates', { DateTime, Duration, Interval, formatDuration, ofNumber, ofText, Date: dated });
}
