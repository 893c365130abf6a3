// Whether bytes are text that an environment, an argument or a line can carry. Invariant: text comes out exactly as the
// bytes say, a byte order mark included, or not at all.

/** The text that the bytes are in UTF-8; null when they are not, or hold a NUL, which ends a text for the system. */
export function textOfBytes(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
