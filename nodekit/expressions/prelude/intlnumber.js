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
  const LANGUAGES = {
    en: POINT, 'en-US': POINT, 'en-GB': POINT, 'en-CA': POINT, 'en-AU': POINT, 'en-IE': POINT, 'en-NZ': POINT,
    'en-IN': { ...POINT, indian: true }, 'hi-IN': { ...POINT, indian: true }, ja: POINT, 'ja-JP': POINT, zh: POINT,
    'zh-CN': POINT, ko: POINT, 'ko-KR': POINT, he: POINT,
    de: { group: '.', decimal: ',', percent: '\u00a0%' }, 'de-CH': { group: '’', decimal: '.', before: '\u00a0', percent: '%' },
    'de-AT': { group: '\u00a0', decimal: ',', before: '\u00a0', percent: '\u00a0%' },
    fr: { group: NARROW, decimal: ',', percent: `${NARROW}%` }, es: { group: '.', decimal: ',', percent: '\u00a0%', least: 5 },
    'es-MX': POINT, it: { group: '.', decimal: ',', percent: '%' }, nl: { group: '.', decimal: ',', before: '\u00a0', percent: '%' },
    pt: { group: '.', decimal: ',', before: '\u00a0', percent: '%' }, 'pt-PT': { group: '\u00a0', decimal: ',', percent: '%', least: 5 },
    pl: { group: '\u00a0', decimal: ',', percent: '%', least: 5 }, ru: { group: '\u00a0', decimal: ',', percent: '\u00a0%' },
    uk: { group: '\u00a0', decimal: ',', percent: '%' }, sv: { group: '\u00a0', decimal: ',', percent: '\u00a0%', minus: '\u2212' },
    nb: { group: '\u00a0', decimal: ',', percent: '\u00a0%', minus: '\u2212' },
    da: { group: '.', decimal: ',', percent: '\u00a0%' }, fi: { group: '\u00a0', decimal: ',', percent: '\u00a0%', minus: '\u2212' },
    cs: { group: '\u00a0', decimal: ',', percent: '\u00a0%' }, tr: { group: '.', decimal: ',', before: true, percentBefore: true, percent: '%' },
    id: { group: '.', decimal: ',', before: '\u00a0', percent: '%' },
  };
  const SYMBOLS = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', INR: '₹', CNY: 'CN¥', KRW: '₩', BRL: 'R$', CAD: 'CA$',
    AUD: 'A$', MXN: 'MX$', NZD: 'NZ$', ILS: '₪', VND: '₫', HKD: 'HK$', TWD: 'NT$', PHP: '₱', XAF: 'FCFA', XOF: 'F\u202fCFA' };
  const NO_CENTS = new Set(['JPY', 'KRW', 'VND', 'CLP', 'ISK', 'XAF', 'XOF', 'XPF', 'PYG', 'UGX']);

  const languageOf = (locale) => {
    const name = Array.isArray(locale) ? locale[0] : locale ?? 'en-US';
    const found = LANGUAGES[name] ?? LANGUAGES[String(name).split('-')[0]];
    return found ?? refuse(`the locale "${name}"`);
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

  // A number in digits, rounded half away from zero on its decimal digits (Intl: halfExpand).
  const rounded = (value, digits) => {
    let text = value.toString();
    if (text.includes('e')) text = Math.abs(value) < 1 ? value.toFixed(Math.min(100, digits + 20)) : BigInt(value).toString();
    let [whole, part = ''] = text.split('.');
    if (part.length <= digits) return [whole, part];
    const up = part[digits] >= '5';
    let all = BigInt(whole + part.slice(0, digits));
    if (up) all += 1n;
    const shown = all.toString().padStart(digits + 1, '0');
    return digits === 0 ? [shown, ''] : [shown.slice(0, -digits), shown.slice(-digits)];
  };
  const significant = (value, least, most) => {
    if (value === 0) return ['0', '0'.repeat(Math.max(0, least - 1))];
    const power = Math.floor(Math.log10(value));
    let [whole, part] = rounded(value, Math.max(0, most - 1 - power));
    if (power + 1 > most) {
      const unit = 10n ** BigInt(power + 1 - most);
      whole = ((BigInt(whole) + unit / 2n) / unit * unit).toString();
    }
    const kept = part.replace(/0+$/, '');
    const leading = whole === '0' ? 0 : whole.length;
    const need = Math.max(0, least - leading - (whole === '0' ? kept.replace(/^0+/, '').length - kept.length : 0));
    return [whole, kept.padEnd(need, '0')];
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
      [whole, part] = significant(value, options.minimumSignificantDigits ?? 1, options.maximumSignificantDigits ?? 21);
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
    const gap = typeof language.before === 'string' ? language.before : /[A-Z]$/i.test(symbol) ? '\u00a0' : '';
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
    const size = Math.abs(style === 'percent' ? Number((number * 100).toPrecision(15)) : number);
    let text;
    if (Number.isNaN(number)) text = 'NaN';
    else if (!Number.isFinite(number)) text = '∞';
    else if (options.notation === 'compact') text = compacted(size, language, options);
    else text = digitsOf(size, language, options, style);
    if (style === 'percent') text = language.percentBefore ? `${language.percent}${text}` : text + language.percent;
    if (style === 'currency') text = currencyText(text, language, options);
    const negative = number < 0 || Object.is(number, -0);
    const display = options.signDisplay ?? 'auto';
    const shown = display !== 'never' && (negative ? display !== 'exceptZero' || size !== 0 : false);
    const plus = !negative && (display === 'always' || (display === 'exceptZero' && size !== 0));
    return `${shown ? language.minus ?? '-' : plus ? '+' : ''}${text}`;
  };

  $nk.define('intlnumber', { formatNumber, refuse });
}
