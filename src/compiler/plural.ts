// Counts in words.

/** `1 service`, `3 services`, `2 ingresses`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : noun.endsWith('s') ? 'es' : 's'}`
}
