// When the engine created and started containers, by its own events: what happened between a command and the engine is
// seen from outside, without a word of gantry's.

import { callEngine } from '../support/dockerd.ts'

export interface EngineTimes {
  /** Milliseconds since the epoch; NaN when nothing happened. */
  readonly firstCreate: number
  readonly lastStart: number
}

/** Of the containers with this label, between two moments that have passed. */
export async function engineTimes(
  socket: string,
  label: string,
  since: number,
  until: number,
): Promise<EngineTimes> {
  const filters = { type: ['container'], event: ['create', 'start'], label: [label] }
  const query = new URLSearchParams({
    filters: JSON.stringify(filters),
    since: (since / 1000).toFixed(3),
    until: (until / 1000).toFixed(3),
  })
  const answer = await callEngine(socket, 'GET', `/events?${query.toString()}`)
  const lines = typeof answer === 'string' ? answer.trim().split('\n') : [JSON.stringify(answer)]
  const events = lines.map((line) => JSON.parse(line) as { Action: string; timeNano: number })
  const at = (action: string) =>
    events.filter((each) => each.Action === action).map((each) => each.timeNano / 1e6)
  return { firstCreate: Math.min(...at('create')), lastStart: Math.max(...at('start')) }
}
