// How wide a text is on a terminal, and what of it may be sent there.

/** Columns: two for East Asian wide characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (/\p{Mark}|\p{Cf}/u.test(character)) continue
    width += isWide(code) ? 2 : 1
  }
  return width
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  )
}

/**
 * Without what a terminal would act upon: control characters, and marks that turn the direction of writing. Tabs are
 * kept when asked for.
 */
export function printable(text: string, keepTabs = false): string {
  return text.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === '\t' && keepTabs ? character : character === '\t' || character === '\n' ? ' ' : '�',
  )
}

/** A tab is one column wide in a frame, so that marks stand below what they mark. */
export function tabsToBlanks(text: string): string {
  return text.replaceAll('\t', ' ')
}
