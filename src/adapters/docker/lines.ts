// Lines of JSON from a stream of the engine, one value each. Invariant: a line has a bound, a character that was split
// between two parts is put together again, and a line that is no JSON is an error and not a crash.

import { EngineError } from './engine-error.ts'

const lineLimit = 4 * 1024 ** 2

export async function* jsonLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of stream) {
    rest += decoder.decode(part, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > lineLimit)
      throw new EngineError(null, `sent a line of more than ${lineLimit} characters`)
    for (const line of lines) if (line.trim() !== '') yield parseLine(line)
  }
  if (rest.trim() !== '') yield parseLine(rest)
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch (error) {
    throw new EngineError(null, 'sent a line that is no JSON', { cause: error })
  }
}
