// Makes foreign text harmless to read, by the rules of aideator_cli/text/clean.py; a test compares the two.
// Text reaches the page as text nodes alone, so markup in it is never more than text.

const HOSTILE =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

function sign(character) {
  const code = character.codePointAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code); // the control pictures
  return code === 0x7f ? "\u2421" : "\ufffd";
}

// Replaces each hostile character with a visible sign. Keeps newlines and tabs.
export function clean(text) {
  return String(text).replaceAll("\r\n", "\n").replace(HOSTILE, sign);
}

// Cleans the text and puts it on one line.
export function oneLine(text) {
  return clean(text).split(/\s+/u).filter(Boolean).join(" ");
}
