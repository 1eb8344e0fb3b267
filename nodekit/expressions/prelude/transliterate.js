// Text in ASCII: letters without their marks, other alphabets by sound, "?" for all else.
'use strict';

{
  const LATIN = 'ß:ss ẞ:SS æ:ae Æ:AE ø:o Ø:O å:a Å:A œ:oe Œ:OE đ:d Đ:D ð:d Ð:D þ:th Þ:Th ł:l Ł:L ħ:h Ħ:H ı:i '
    + 'ŋ:ng Ŋ:NG ŧ:t Ŧ:T ĸ:k ŉ:n ſ:s ƒ:f ə:e Ə:E';
  const SIGNS = '–:- —:-- ―:- ‐:- ‑:- −:- ‘:\' ’:\' ‚:, “:" ”:" „:,, «:<< »:>> ‹:< ›:> …:... •:* ·:. €:EUR £:GBP '
    + '¥:YEN ¢:c ©:(c) ®:(r) ™:tm °:deg ×:x ÷:/ ±:+- ¼:1/4 ½:1/2 ¾:3/4 ¹:1 ²:2 ³:3 µ:u ª:a º:o ¿:? ¡:! №:No '
    + '§:SS ¶:P †:+ ‡:++ ‰:%0 ⁄:/';
  const CYRILLIC = 'а:a б:b в:v г:g д:d е:e ё:yo ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f '
    + 'х:h ц:ts ч:ch ш:sh щ:sch ъ: ы:y ь: э:e ю:yu я:ya є:ye і:i ї:yi ґ:g ў:u ђ:dj ј:j љ:lj њ:nj ћ:c џ:dz';
  const GREEK = 'α:a β:b γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch '
    + 'ψ:ps ω:o';

  const table = new Map([[' ', ' ']]);
  const enter = (rows, both) => {
    for (const row of rows.split(' ')) {
      const [from, to] = [row[0], row.slice(2)];
      table.set(from, to);
      if (both) table.set(from.toUpperCase(), to.charAt(0).toUpperCase() + to.slice(1));
    }
  };
  enter(LATIN, false);
  enter(SIGNS, false);
  enter(CYRILLIC, true);
  enter(GREEK, true);
  table.set('\u00a0', ' ');
  table.set('\u202f', ' ');
  table.set('\u2009', ' ');

  const letter = (c) => {
    if (c <= '\x7f') return c;
    if (table.has(c)) return table.get(c);
    const bare = c.normalize('NFKD').replace(/\p{M}/gu, '');
    if (bare === '') return '';
    if (/^[\0-\x7f]*$/.test(bare)) return bare;
    return Array.from(bare, (one) => (one <= '\x7f' ? one : table.get(one) ?? '?')).join('');
  };

  $nk.define('transliterate', (text) => Array.from(text.normalize('NFC'), letter).join(''));
}
