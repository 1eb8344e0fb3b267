// Hashes of bytes: MD5, SHA-1, SHA-2 and SHA-3, for text.hash(). quickjs brings none.
'use strict';

{
  const rotl = (x, n) => x << n | x >>> 32 - n;
  const rotr = (x, n) => x >>> n | x << 32 - n;

  // The message padded to whole blocks: 0x80, zeros, the length in bits.
  const padded = (bytes, block, little) => {
    const size = block / 8;
    const total = Math.ceil((bytes.length + 1 + size) / block) * block;
    const out = new Uint8Array(total);
    out.set(bytes);
    out[bytes.length] = 0x80;
    const view = new DataView(out.buffer);
    const [high, low] = [Math.floor(bytes.length / 0x20000000), bytes.length * 8 >>> 0];
    view.setUint32(total - (little ? 4 : 8), high, little);
    view.setUint32(total - (little ? 8 : 4), low, little);
    return view;
  };
  const words = (values, little = false) => {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    values.forEach((value, i) => view.setUint32(i * 4, value >>> 0, little));
    return new Uint8Array(view.buffer);
  };

  const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
  const TURNS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
  const md5 = (bytes) => {
    const view = padded(bytes, 64, true);
    const sum = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
    for (let at = 0; at < view.byteLength; at += 64) {
      let [a, b, c, d] = sum;
      for (let i = 0; i < 64; i += 1) {
        const round = i >> 4;
        const f = [b & c | ~b & d, d & b | ~d & c, b ^ c ^ d, c ^ (b | ~d)][round];
        const k = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] & 15;
        const turned = rotl(a + f + SINES[i] + view.getUint32(at + k * 4, true) | 0, TURNS[round][i & 3]);
        [a, d, c, b] = [d, c, b, b + turned | 0];
      }
      [a, b, c, d].forEach((value, i) => { sum[i] = sum[i] + value | 0; });
    }
    return words(sum, true);
  };

  const sha1 = (bytes) => {
    const view = padded(bytes, 64, false);
    const sum = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    const w = new Int32Array(80);
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 80; i += 1) {
        w[i] = i < 16 ? view.getUint32(at + i * 4) : rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      }
      let [a, b, c, d, e] = sum;
      for (let i = 0; i < 80; i += 1) {
        const round = Math.floor(i / 20);
        const f = [b & c | ~b & d, b ^ c ^ d, b & c | b & d | c & d, b ^ c ^ d][round];
        const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][round];
        [a, b, c, d, e] = [rotl(a, 5) + f + e + k + w[i] | 0, a, rotl(b, 30), c, d];
      }
      [a, b, c, d, e].forEach((value, i) => { sum[i] = sum[i] + value | 0; });
    }
    return words(sum);
  };

  const primes = (count) => {
    const found = [];
    for (let n = 2; found.length < count; n += 1) if (found.every((p) => n % p !== 0)) found.push(n);
    return found;
  };
  const PRIMES = primes(80).map(BigInt);
  const MASK = (1n << 64n) - 1n;

  // floor(x ** (1/power)) for big integers, by Newton's method; gives the bits after the point.
  const root = (x, power) => {
    let guess = 1n << BigInt(Math.ceil(x.toString(2).length / Number(power)));
    for (;;) {
      const next = ((power - 1n) * guess + x / guess ** (power - 1n)) / power;
      if (next >= guess) return guess;
      guess = next;
    }
  };
  const fraction = (prime, power) => root(prime << 64n * power, power) & MASK;
  const K = PRIMES.map((prime) => fraction(prime, 3n));
  const START = PRIMES.slice(0, 16).map((prime) => fraction(prime, 2n));
  const K32 = K.slice(0, 64).map((value) => Number(value >> 32n) | 0);

  const sha32 = (bytes, start, size) => {
    const view = padded(bytes, 64, false);
    const sum = [...start];
    const w = new Int32Array(64);
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 64; i += 1) {
        if (i < 16) { w[i] = view.getUint32(at + i * 4); continue; }
        const [x, y] = [w[i - 15], w[i - 2]];
        w[i] = w[i - 16] + (rotr(x, 7) ^ rotr(x, 18) ^ x >>> 3) + w[i - 7] + (rotr(y, 17) ^ rotr(y, 19) ^ y >>> 10);
      }
      let [a, b, c, d, e, f, g, h] = sum;
      for (let i = 0; i < 64; i += 1) {
        const one = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (e & f ^ ~e & g) + K32[i] + w[i] | 0;
        const two = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
        [a, b, c, d, e, f, g, h] = [one + two | 0, a, b, c, d + one | 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { sum[i] = sum[i] + value | 0; });
    }
    return words(sum).slice(0, size);
  };

  const turn = (x, n) => (x >> n | x << 64n - n) & MASK;
  const sha64 = (bytes, start, size) => {
    const view = padded(bytes, 128, false);
    const sum = [...start];
    for (let at = 0; at < view.byteLength; at += 128) {
      const w = [];
      for (let i = 0; i < 80; i += 1) {
        if (i < 16) { w.push(view.getBigUint64(at + i * 8)); continue; }
        const [x, y] = [w[i - 15], w[i - 2]];
        const [s, t] = [turn(x, 1n) ^ turn(x, 8n) ^ x >> 7n, turn(y, 19n) ^ turn(y, 61n) ^ y >> 6n];
        w.push(w[i - 16] + s + w[i - 7] + t & MASK);
      }
      let [a, b, c, d, e, f, g, h] = sum;
      for (let i = 0; i < 80; i += 1) {
        const one = h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + (e & f ^ ~e & g & MASK) + K[i] + w[i] & MASK;
        const two = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + (a & b ^ a & c ^ b & c) & MASK;
        [a, b, c, d, e, f, g, h] = [one + two & MASK, a, b, c, d + one & MASK, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { sum[i] = sum[i] + value & MASK; });
    }
    return words(sum.flatMap((value) => [Number(value >> 32n), Number(value & 0xffffffffn)])).slice(0, size);
  };

  const rol = (x, n) => (n === 0n ? x : (x << n | x >> 64n - n) & MASK);
  const keccak = (s) => {
    let register = 1;
    for (let round = 0; round < 24; round += 1) {
      const c = [0, 1, 2, 3, 4].map((x) => s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20]);
      const d = c.map((_, x) => c[(x + 4) % 5] ^ rol(c[(x + 1) % 5], 1n));
      for (let i = 0; i < 25; i += 1) s[i] ^= d[i % 5];
      let [x, y, current] = [1, 0, s[1]];
      for (let t = 0; t < 24; t += 1) {
        [x, y] = [y, (2 * x + 3 * y) % 5];
        const kept = s[x + 5 * y];
        s[x + 5 * y] = rol(current, BigInt((t + 1) * (t + 2) / 2 % 64));
        current = kept;
      }
      for (let row = 0; row < 25; row += 5) {
        const line = s.slice(row, row + 5);
        for (let i = 0; i < 5; i += 1) s[row + i] = line[i] ^ ~line[(i + 1) % 5] & MASK & line[(i + 2) % 5];
      }
      for (let j = 0; j < 7; j += 1) {
        if (register & 1) s[0] ^= 1n << BigInt((1 << j) - 1);
        register = register << 1 ^ (register >> 7) * 0x171;
      }
    }
  };
  const sha3 = (bytes, size) => {
    const rate = 200 - 2 * size;
    const message = new Uint8Array(Math.ceil((bytes.length + 1) / rate) * rate);
    message.set(bytes);
    message[bytes.length] ^= 6;
    message[message.length - 1] ^= 0x80;
    const view = new DataView(message.buffer);
    const s = new Array(25).fill(0n);
    for (let at = 0; at < message.length; at += rate) {
      for (let i = 0; i < rate / 8; i += 1) s[i] ^= view.getBigUint64(at + i * 8, true);
      keccak(s);
    }
    const out = new DataView(new ArrayBuffer(200));
    s.forEach((value, i) => out.setBigUint64(i * 8, value, true));
    return new Uint8Array(out.buffer).slice(0, size);
  };

  const high = START.map((value) => Number(value >> 32n) | 0);
  const low = START.map((value) => Number(value & 0xffffffffn) | 0);
  $nk.define('hash', {
    md5,
    sha1,
    sha224: (bytes) => sha32(bytes, low.slice(8), 28),
    sha256: (bytes) => sha32(bytes, high.slice(0, 8), 32),
    sha384: (bytes) => sha64(bytes, START.slice(8), 48),
    sha512: (bytes) => sha64(bytes, START.slice(0, 8), 64),
    sha3: (bytes) => sha3(bytes, 64),
  });
}
