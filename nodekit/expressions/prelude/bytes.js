// Text as bytes and back: UTF-8, base64, hexadecimal, and the little of Buffer that people use.
'use strict';

{
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const VALUE = new Map([...ALPHABET, '-', '_'].map((c, i) => [c, i < 64 ? i : i - 2]));

  const utf8 = (text) => {
    const out = [];
    for (const c of String(text)) {
      let point = c.codePointAt(0);
      if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
      if (point < 0x80) out.push(point);
      else if (point < 0x800) out.push(0xc0 | point >> 6, 0x80 | point & 63);
      else if (point < 0x10000) out.push(0xe0 | point >> 12, 0x80 | point >> 6 & 63, 0x80 | point & 63);
      else out.push(0xf0 | point >> 18, 0x80 | point >> 12 & 63, 0x80 | point >> 6 & 63, 0x80 | point & 63);
    }
    return Uint8Array.from(out);
  };

  // Text of UTF-8; what is none becomes U+FFFD.
  const text = (bytes) => {
    const out = [];
    for (let i = 0; i < bytes.length;) {
      const lead = bytes[i];
      const more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2
        : lead >= 0xf0 && lead < 0xf5 ? 3 : -1;
      let point = more <= 0 ? lead : lead & 63 >> more;
      let used = 1;
      while (used <= more && (bytes[i + used] & 0xc0) === 0x80) point = point << 6 | bytes[i + used++] & 63;
      const short = more < 0 || used <= more;
      const wrong = short || (more === 2 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff)))
        || (more === 3 && (point < 0x10000 || point > 0x10ffff));
      out.push(wrong ? '\ufffd' : String.fromCodePoint(point));
      i += used;
    }
    return out.join('');
  };

  const toBase64 = (bytes) => {
    const out = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const [a, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
      out.push(ALPHABET[a >> 2], ALPHABET[(a & 3) << 4 | (b ?? 0) >> 4],
        b === undefined ? '=' : ALPHABET[(b & 15) << 2 | (c ?? 0) >> 6], c === undefined ? '=' : ALPHABET[c & 63]);
    }
    return out.join('');
  };
  const fromBase64 = (source) => {
    const out = [];
    let bits = 0;
    let count = 0;
    for (const c of String(source)) {
      if (c === '=') break;
      if (!VALUE.has(c)) continue;
      bits = (bits << 6 | VALUE.get(c)) & 0xffffff;
      count += 6;
      if (count >= 8) {
        count -= 8;
        out.push(bits >> count & 255);
      }
    }
    return Uint8Array.from(out);
  };
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const fromHex = (source) => Uint8Array.from((String(source).match(/[\da-f]{2}/gi) ?? []).map((two) => parseInt(two, 16)));
  const latin1 = (source) => Uint8Array.from(String(source), (c) => c.charCodeAt(0) & 255);
  const fromLatin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

  const CODECS = {
    utf8: [utf8, text], 'utf-8': [utf8, text], base64: [fromBase64, toBase64], hex: [fromHex, toHex],
    base64url: [fromBase64, (bytes) => toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')],
    latin1: [latin1, fromLatin1], binary: [latin1, fromLatin1], ascii: [latin1, fromLatin1],
  };
  const codec = (name = 'utf8') => {
    const found = CODECS[String(name).toLowerCase()];
    if (found === undefined) throw new TypeError(`Unknown encoding: ${name}`);
    return found;
  };

  class Buffer extends Uint8Array {
    static from(value, encoding) {
      if (typeof value === 'string') return new Buffer(codec(encoding)[0](value));
      return new Buffer(value);
    }

    static alloc(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static byteLength(value, encoding) { return Buffer.from(value, encoding).length; }
    static concat(list) { return new Buffer(list.flatMap((one) => [...one])); }
    toString(encoding) { return codec(encoding)[1](this); }
    toJSON() { return { type: 'Buffer', data: [...this] }; }
  }

  class TextEncoder {
    encode(value = '') { return utf8(value); }
  }

  class TextDecoder {
    decode(bytes = []) { return text(new Uint8Array(bytes.buffer ?? bytes)); }
  }

  const btoa = (value) => {
    if (/[^\0-\xff]/.test(String(value))) throw new Error('Invalid character');
    return toBase64(latin1(value));
  };

  $nk.define('bytes', {
    utf8, text, toBase64, fromBase64, toHex, Buffer, TextEncoder, TextDecoder, btoa,
    atob: (value) => fromLatin1(fromBase64(value)),
  });
}
