// The part of Intl that expressions commonly use: numbers in some languages, dates in English.
//
// quickjs has no Intl. What is not written here is refused: a wrong text would go unnoticed.
'use strict';

{
  const { ExpressionError } = $nk;
  const NARROW = '\u202f';
  const refuse = (what) => { throw new ExpressionError(`${what} is not known here`, 'locale'); };

  // Group and decimal signs, how currency and percent stand, and from how many digits groups begin.
  const POINT = { group: ',', decimal: '.', before: true, percent: '%' };
  const COMMA = { group: '.', decimal: ',', percent: '\u00a0%' };
  const SPACED = { group: '\u00a0', decimal: ',', percent: '\u00a0%' };
  const INDIAN = { ...POINT, indian: true };
  const LANGUAGES = {
    en: POINT, 'en-US': POINT, 'en-GB': POINT, 'en-CA': POINT, 'en-AU': POINT, 'en-IE': POINT, 'en-NZ': POINT,
    'en-IN': INDIAN, 'hi-IN': INDIAN, ja: POINT, 'ja-JP': POINT, zh: POINT, 'zh-CN': POINT, ko: POINT, 'ko-KR': POINT,
    de: COMMA, da: COMMA, es: { ...COMMA, least: 5 }, it: { ...COMMA, percent: '%', least: 5 },
    nl: { ...COMMA, before: '\u00a0', percent: '%', inside: true }, pt: { ...COMMA, before: '\u00a0', percent: '%' },
    tr: { ...COMMA, before: true, percentBefore: true, percent: '%' },
    fr: { ...SPACED, group: NARROW }, ru: { ...SPACED, nan: 'не\u00a0число' }, cs: SPACED, pl: { ...SPACED, percent: '%', least: 5 },
    sv: { ...SPACED, minus: '\u2212' }, nb: { ...SPACED, minus: '\u2212' }, fi: { ...SPACED, minus: '\u2212', nan: 'epäluku' },
  };
  // Regions whose numbers are those of their language.
  for (const name of ['de-DE', 'da-DK', 'es-ES', 'it-IT', 'nl-NL', 'pt-BR', 'tr-TR', 'fr-FR', 'ru-RU', 'cs-CZ', 'pl-PL',
    'sv-SE', 'nb-NO', 'fi-FI']) LANGUAGES[name] = LANGUAGES[name.split('-')[0]];
  const SYMBOLS = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥', KRW: '₩', BRL: 'R$', CAD: 'CA$',
    AUD: 'A$', MXN: 'MX$', NZD: 'NZ$', ILS: '₪', VND: '₫', HKD: 'HK$', TWD: 'NT$', PHP: '₱', XAF: 'FCFA', XOF: 'F\u202fCFA' };
  const NO_CENTS = new Set(['JPY', 'KRW', 'VND', 'CLP', 'ISK', 'XAF', 'XOF', 'XPF', 'PYG', 'UGX']);

  const languageOf = (locale) => {
    const name = Array.isArray(locale) ? locale[0] : locale ?? 'en-US';
    return LANGUAGES[name] ?? refuse(`the locale "${name}"`);
  };

  const KNOWN = new Set(['style', 'currency', 'currencyDisplay', 'minimumFractionDigits', 'maximumFractionDigits',
    'minimumIntegerDigits', 'maximumSignificantDigits', 'minimumSignificantDigits', 'useGrouping', 'notation',
    'compactDisplay', 'signDisplay', 'unit', 'unitDisplay', 'locale']);

  const fractionDigits = (options, style) => {
    const { minimumFractionDigits: low, maximumFractionDigits: high } = options;
    const cents = NO_CENTS.has(String(options.currency).toUpperCase()) ? 0 : 2;
    const [least, most] = style === 'currency' ? [cents, cents] : style === 'percent' ? [0, 0] : [0, 3];
    const minimum = low ?? Math.min(least, high ?? least);
    const maximum = high ?? Math.max(most, minimum);
    if (minimum > maximum || maximum > 100 || minimum < 0) throw new RangeError('maximumFractionDigits value is out of range.');
    return [minimum, maximum];
  };

  // A number without an exponent: its digits before and after the point.
  const plain = (value) => {
    const [digits, power = '0'] = value.toString().split('e');
    const [whole, part = ''] = digits.split('.');
    const shift = Number(power);
    if (shift >= 0) return [(whole + part).padEnd(whole.length + shift, '0').slice(0, whole.length + shift), part.slice(shift)];
    return ['0', '0'.repeat(-shift - 1) + whole + part];
  };
  // Rounded half away from zero on its decimal digits (Intl: halfExpand).
  const rounded = (value, digits) => {
    const [whole, part] = plain(value);
    if (part.length <= digits) return [whole, part];
    let all = BigInt(whole + part.slice(0, digits));
    if (part[digits] >= '5') all += 1n;
    const shown = all.toString().padStart(digits + 1, '0');
    return digits === 0 ? [shown, ''] : [shown.slice(0, -digits), shown.slice(-digits)];
  };
  const significant = (value, least, most) => {
    const [digits, fraction] = plain(value);
    const zeros = digits === '0' ? /^0*/.exec(fraction)[0].length : 0;
    const power = digits === '0' ? -zeros - 1 : digits.length - 1;
    const places = most - 1 - power;
    const unit = 10n ** BigInt(Math.max(0, -places));
    const [whole, part] = places >= 0 ? rounded(value, places)
      : [((BigInt(digits) + unit / 2n) / unit * unit).toString(), ''];
    const leading = whole === '0' && value !== 0 ? 0 : whole.length;
    return [whole, part.replace(/0+$/, '').padEnd(Math.max(0, least - leading + zeros), '0')];
  };
  const hundredfold = (value) => {
    const [digits, power = '0'] = String(value).split('e');
    return Number(`${digits}e${Number(power) + 2}`);
  };

  const grouped = (whole, language, options) => {
    if (options.useGrouping === false || options.useGrouping === 'false') return whole;
    const least = options.useGrouping === 'always' || options.useGrouping === true ? 4 : language.least ?? 4;
    if (whole.length < least) return whole;
    const pattern = language.indian ? /\B(?=(?:\d\d)*\d{3}$)/g : /\B(?=(?:\d{3})+$)/g;
    return whole.replace(pattern, language.group);
  };

  const digitsOf = (value, language, options, style) => {
    let whole;
    let part;
    if (options.maximumSignificantDigits !== undefined || options.minimumSignificantDigits !== undefined) {
      [whole, part] = significant(value, options.minimumSignificantDigits ?? 1, options.maximumSignificantDigits ?? 17);
    } else {
      const [least, most] = fractionDigits(options, style);
      [whole, part] = rounded(value, most);
      part = part.replace(/0+$/, '').padEnd(least, '0');
    }
    whole = whole.padStart(options.minimumIntegerDigits ?? 1, '0');
    return grouped(whole, language, options) + (part === '' ? '' : language.decimal + part);
  };

  const currencyText = (digits, language, options) => {
    const code = String(options.currency ?? '').toUpperCase();
    if (!/^[A-Z]{3}$/.test(code)) throw new TypeError('Currency code is required with currency style.');
    const display = options.currencyDisplay ?? 'symbol';
    if (display === 'name') refuse('the name of a currency');
    const symbol = display === 'code' ? code : display === 'narrowSymbol' ? (SYMBOLS[code] ?? code).replace(/^[A-Z]+(?=[$¥])/, '')
      : SYMBOLS[code] ?? code;
    if (!language.before) return `${digits}\u00a0${symbol}`;
    const gap = typeof language.before === 'string' ? language.before : /[A-Z]$/i.test(symbol) && /^\d/.test(digits) ? '\u00a0' : '';
    return `${symbol}${gap}${digits}`;
  };

  const COMPACT = [[1e12, 'T'], [1e9, 'B'], [1e6, 'M'], [1e3, 'K']];
  const compacted = (value, language, options) => {
    if (language !== POINT || options.compactDisplay === 'long') refuse('the compact notation in this form');
    let [unit, letter] = COMPACT.find(([size]) => value >= size) ?? [1, ''];
    let scaled = value / unit;
    if (scaled >= 999.5 && unit !== 1e12 && unit > 1) [unit, letter] = COMPACT[COMPACT.findIndex(([size]) => size === unit) - 1];
    scaled = value / unit;
    const limits = options.maximumFractionDigits === undefined && options.minimumFractionDigits === undefined
      ? (scaled < 100 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 }) : options;
    return digitsOf(scaled, language, limits, 'decimal') + letter;
  };

  const formatNumber = (value, locale, options = {}) => {
    const language = languageOf(locale);
    for (const name of Object.keys(options)) if (!KNOWN.has(name) && options[name] !== undefined) refuse(`the number option "${name}"`);
    const style = options.style ?? 'decimal';
    if (style === 'unit' || !['decimal', 'percent', 'currency'].includes(style)) refuse(`the number style "${style}"`);
    if (!['standard', 'compact', undefined].includes(options.notation)) refuse(`the notation "${options.notation}"`);
    const number = typeof value === 'bigint' ? Number(value) : value;
    const size = Math.abs(style === 'percent' ? hundredfold(number) : number);
    let text;
    if (Number.isNaN(number)) text = language.nan ?? 'NaN';
    else if (!Number.isFinite(number)) text = '∞';
    else if (options.notation === 'compact') text = compacted(size, language, options);
    else text = digitsOf(size, language, options, style);
    if (style === 'percent') text = language.percentBefore ? `${language.percent}${text}` : text + language.percent;
    const zero = !/[1-9∞]/.test(text);
    const negative = number < 0 || Object.is(number, -0);
    const display = options.signDisplay ?? 'auto';
    const shown = display !== 'never' && (negative && !(display === 'exceptZero' && zero));
    const plus = !negative && (display === 'always' || (display === 'exceptZero' && !zero));
    const sign = shown ? language.minus ?? '-' : plus ? '+' : '';
    if (style !== 'currency') return sign + text;
    return language.inside ? currencyText(sign + text, language, options) : sign + currencyText(text, language, options);
  };

  $nk.define('intlnumber', { formatNumber, refuse });
}
