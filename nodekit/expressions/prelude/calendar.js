// The calendar: days of months and years, week numbers, and local time to an instant.
'use strict';

{
  const DAY = 86400000;
  const utcMillis = (year, month, day, hour = 0, minute = 0, second = 0, milli = 0) => {
    if (year >= 100) return Date.UTC(year, month - 1, day, hour, minute, second, milli);
    const at = new Date(0);
    at.setUTCFullYear(year, month - 1, day);
    at.setUTCHours(hour, minute, second, milli);
    return at.getTime();
  };

  const isLeap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const daysInYear = (year) => (isLeap(year) ? 366 : 365);
  const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const daysInMonth = (year, month) => {
    if (month >= 1 && month <= 12) return month === 2 && isLeap(year) ? 29 : LENGTHS[month - 1];
    return daysInMonth(year + Math.floor((month - 1) / 12), ((month - 1) % 12 + 12) % 12 + 1);
  };
  const weekday = (year, month, day) => {
    const found = new Date(utcMillis(year, month, day)).getUTCDay();
    return found === 0 ? 7 : found;
  };
  const ordinal = (year, month, day) => Math.round((utcMillis(year, month, day) - utcMillis(year, 1, 1)) / DAY) + 1;
  const ofOrdinal = (year, ordinal) => {
    const date = new Date(utcMillis(year, 1, 1) + (ordinal - 1) * DAY);
    return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  };

  // ISO weeks: the first has the year's first Thursday, and begins on Monday.
  const weekOffset = (weekYear) => (weekday(weekYear, 1, 4) - 1);
  const weeksInYear = (weekYear) => {
    const last = weekday(weekYear, 12, 31);
    return last === 4 || weekday(weekYear, 1, 1) === 4 ? 53 : 52;
  };
  const weekOf = ({ year, month, day }) => {
    const dayOfWeek = weekday(year, month, day);
    let weekNumber = Math.floor((ordinal(year, month, day) - dayOfWeek + 10) / 7);
    let weekYear = year;
    if (weekNumber < 1) {
      weekYear = year - 1;
      weekNumber = weeksInYear(weekYear);
    } else if (weekNumber > weeksInYear(year)) {
      weekYear = year + 1;
      weekNumber = 1;
    }
    return { weekYear, weekNumber, weekday: dayOfWeek };
  };
  const ofWeek = ({ weekYear, weekNumber, weekday: dayOfWeek }) =>
    ofOrdinal(weekYear, weekNumber * 7 + dayOfWeek - 3 - weekOffset(weekYear) - 1);

  // The local fields of an instant at an offset in minutes.
  const fieldsAt = (ts, offset) => {
    const at = new Date(ts + offset * 60000);
    return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(), hour: at.getUTCHours(),
      minute: at.getUTCMinutes(), second: at.getUTCSeconds(), millisecond: at.getUTCMilliseconds() };
  };

  // The instant of local fields in a zone, guessing with an offset (Luxon: fixOffset). In a gap the
  // clock goes forward; where a time comes twice, the guess decides.
  const instant = (fields, guess, zone) => {
    const local = utcMillis(fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second,
      fields.millisecond);
    let at = local - guess * 60000;
    const second = zone.offset(at);
    if (second === guess) return [at, guess];
    at -= (second - guess) * 60000;
    const third = zone.offset(at);
    if (third === second) return [at, second];
    return [local - Math.min(second, third) * 60000, Math.max(second, third)];
  };

  $nk.define('calendar', { DAY, utcMillis, isLeap, daysInYear, daysInMonth, weekday, ordinal, ofOrdinal,
    weeksInYear, weekOf, ofWeek, fieldsAt, instant });
}
