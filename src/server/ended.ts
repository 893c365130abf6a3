// Whether what a signal stands for is over. A function, because the compiler takes a signal that was not aborted once for
// one that never is. It waits for nothing.

export function hasEnded(signal: AbortSignal): boolean {
  return signal.aborted
}
