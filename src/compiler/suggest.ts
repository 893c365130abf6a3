// Names in the words of messages.

/** `'a', 'b' or 'c'`; at most `limit`, then how many more. */
export function listNames(names: readonly string[], limit = 8): string {
  const quoted = names.slice(0, limit).map((name) => `'${name}'`)
  if (names.length > limit) return `${quoted.join(', ')} and ${names.length - limit} more`
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`
}
