// n8n's data functions for text.
'use strict';

{
  const { ExpressionExtensionError } = $nk;
  const fail = (message) => { throw new ExpressionExtensionError(message); };

  const CURRENCY = /\p{Sc}/gu;
  const SMALL = /^(?:an?d?|a[st]|because|but|by|en|for|i[fn]|neither|nor|o[fnr]|only|over|per|so|some|tha[tn]|the|to|up|upon|vs?\.?|versus|via|when|with|without|yet)$/i;
  const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}_-]*[\\p{L}\\p{N}])?';
  const HOST = `(?:${LABEL}\\.)+[\\p{L}]{2,63}`;
  const DOMAIN = new RegExp(`^${HOST}$`, 'u');
  const USER = '[\\w!#$%&\'*+/=?^`{|}~-]+(?:\\.[\\w!#$%&\'*+/=?^`{|}~-]+)*';
  const EMAIL = new RegExp(`^${USER}@${HOST}$`, 'u');
  const SOME_EMAIL = new RegExp(`${USER}@${HOST}`, 'u');
  const URL_TEXT = `(?:https?|ftp)://(?:[^\\s/?#@]*@)?${HOST}(?::\\d+)?(?:[/?#][^\\s]*)?`;
  const URL = new RegExp(`^${URL_TEXT}$`, 'iu');
  const SOME_URL = new RegExp(URL_TEXT.replace('|ftp', ''), 'iu');
  const PARTS = /^([a-z][a-z\d+.-]*):\/\/(?:[^/?#@]*@)?([^/?#:]*)(?::\d*)?([^?#]*)/i;
  const HOST_WITHIN = new RegExp(`(?:^|[\\s/@])(${HOST})(?=$|[\\s/:?#.,;!])`, 'u');

  const toNumber = (text) => {
    const number = Number(text.replace(CURRENCY, ''));
    return Number.isNaN(number) ? fail('cannot convert to number') : number;
  };
  const toFloat = (text) => {
    if (text.includes(',')) fail('cannot convert to float: a comma in a number is not understood');
    const number = parseFloat(text.replace(CURRENCY, ''));
    return Number.isNaN(number) ? fail('cannot convert to float') : number;
  };
  const toInt = (text, radix = 10) => {
    const number = parseInt(text.replace(CURRENCY, ''), radix);
    return Number.isNaN(number) ? fail('cannot convert to integer') : number;
  };
  // Text that is a whole date is n8n's Date for these, and gives nothing.
  const DATED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
  const unlessDated = (call) => (text, ...args) => (DATED.test(text) ? undefined : call(text, ...args));

  const toSentenceCase = (text) => {
    let first = true;
    return Array.from(text.toLowerCase(), (c) => {
      if ('.!?'.includes(c)) first = true;
      if (!first || !/\p{L}/u.test(c)) return c;
      first = false;
      return c.toUpperCase();
    }).join('');
  };

  const toSnakeCase = (text) => text.toLowerCase().replace(/[ -]/g, '_')
    .replace(/[^\p{L}\p{N}_\s]/gu, '');

  const toTitleCase = (text) => {
    let out = '';
    for (const { 0: token, index } of text.matchAll(/[^\s:–—-]+|./gs)) {
      const manual = /.(?=[A-Z]|\..)/.test(token);
      const small = SMALL.test(token) && index !== 0 && index + token.length !== text.length;
      out += manual || small ? token : token.replace(/[A-Za-z0-9\u00c0-\u00ff]/, (c) => c.toUpperCase());
    }
    return out;
  };

  const removeMarkdown = (text) => text
    .replace(/^([ \t]*)(?:[*+-]|\d+\.)\s+/gm, '$1')
    .replace(/^\s*`{3}.*$\n?/gm, '')
    .replace(/~~/g, '')
    .replace(/<[^>]*>/g, '')
    .replace(/^[=-]{2,}\s*$/gm, '')
    .replace(/\[\^.+?\](?:: .*?$)?/gm, '')
    .replace(/!\[([^\]]*)\][[(][^\])]*[\])]/g, '$1')
    .replace(/\[([^\]]*)\][[(][^\])]*[\])]/g, '$1')
    .replace(/^\s{0,3}>\s?/gm, '')
    .replace(/^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/gm, '$1')
    .replace(/(\*{1,3}|_{1,3})(\S(?:.*?\S)?)\1/g, '$2')
    .replace(/`(.+?)`/g, '$1')
    .replace(/\n{3,}/g, '\n\n');

  const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3'];
  const hash = (text, algorithm = 'md5') => {
    const bytes = $nk.part('bytes');
    const name = String(algorithm).toLowerCase();
    if (name === 'base64') return bytes.toBase64(bytes.utf8(text));
    if (!ALGORITHMS.includes(name)) {
      fail(`Unknown algorithm ${algorithm}. Available algorithms are: ${ALGORITHMS.join(', ')}, and Base64.`);
    }
    return bytes.toHex($nk.part('hash')[name](bytes.utf8(text)));
  };

  const toDate = (text) => {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) fail('cannot convert to date');
    if (!text.includes(':')) date.setHours(0, 0, 0, 0);
    return date;
  };

  const parseJson = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return fail(text.includes("'") ? "Parsing failed. Check you're using double quotes" : 'Parsing failed');
    }
  };

  const isNumeric = (text) => !text.includes(' ') && !Number.isNaN(Number(text)) && !Number.isNaN(parseFloat(text));

  const hostOf = (text) => {
    const found = PARTS.exec(text);
    return found !== null && DOMAIN.test(found[2]) ? found[2] : undefined;
  };
  const extractDomain = (text) => {
    const trimmed = text.trim();
    if (EMAIL.test(trimmed)) return trimmed.slice(trimmed.lastIndexOf('@') + 1);
    const url = SOME_URL.exec(trimmed);
    return hostOf(trimmed) ?? (url === null ? undefined : hostOf(url[0])) ?? HOST_WITHIN.exec(trimmed)?.[1];
  };
  const extractUrlPath = (text) => {
    const found = PARTS.exec(text.trim());
    return found === null || found[2] === '' ? undefined : encodeURI(decoded(found[3])) || '/';
  };
  const decoded = (path) => {
    try { return decodeURI(path); } catch { return path; }
  };

  const urlDecode = (text, entire = false) => (entire ? decodeURI(text) : decodeURIComponent(text));

  $nk.define('strings', {
    String: {
      hash,
      removeMarkdown,
      removeTags: (text) => text.replace(/<[^>]*>?/gm, ''),
      toDate,
      toDateTime: (text, format) => $nk.part('dates').ofText(text, format),
      toBoolean: unlessDated((text) => !['', 'false', 'no', '0'].includes(text.toLowerCase())),
      toNumber,
      toFloat: unlessDated(toFloat),
      toDecimalNumber: toFloat,
      toInt: unlessDated(toInt),
      toWholeNumber: toInt,
      toSentenceCase,
      toSnakeCase,
      toTitleCase,
      urlEncode: (text, entire = false) => (entire ? encodeURI(text) : encodeURIComponent(text)),
      urlDecode,
      quote: (text, mark = '"') => mark + text.replace(/\\/g, '\\\\').replaceAll(mark, `\\${mark}`) + mark,
      replaceSpecialChars: (text) => $nk.part('transliterate')(text),
      length: (text) => text.length,
      isDomain: (text) => DOMAIN.test(text),
      isEmail: (text) => EMAIL.test(text),
      isUrl: (text) => URL.test(text),
      isNumeric,
      isEmpty: (text) => text === '',
      isNotEmpty: (text) => text !== '',
      extractEmail: (text) => SOME_EMAIL.exec(text)?.[0],
      extractDomain,
      extractUrl: (text) => SOME_URL.exec(text)?.[0],
      extractUrlPath,
      parseJson,
      base64Encode: (text) => $nk.part('bytes').toBase64($nk.part('bytes').utf8(text)),
      base64Decode: (text) => $nk.part('bytes').text($nk.part('bytes').fromBase64(text)),
      toJsonString: (text) => JSON.stringify(text),
    },
  });
}
