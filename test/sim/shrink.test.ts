// A failure is made short: of a generated run only what is needed to see it stays, and what is printed for it repeats it.

import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AgentOptions } from '../../src/agent/index.ts'
import { explore, generate, run, shrink } from '../../src/sim/index.ts'
import type { RunOptions } from '../../src/sim/index.ts'

/** An agent that writes down older terms than it has seen: it shows once there is a second term. */
function forgetful({ store, ...options }: AgentOptions): AgentOptions {
  return {
    ...options,
    store: {
      load: (name) => store.load(name),
      setAside: (name) => store.setAside(name),
      save: (name, value) => {
        const file = z.looseObject({ term: z.number() }).safeParse(value)
        return store.save(name, file.success ? { ...file.data, term: 1000 - file.data.term } : value)
      },
    },
  }
}

const runWith = (options: RunOptions) => run(generate(options), { doctorAgent: forgetful })

test('of a run that fails the steps, nodes and servers that have no part in it are left out', async () => {
  const { failures } = await explore({ seed: 1 }, (so) => so.failures.length === 0 && so.runs < 50, {
    doctorAgent: forgetful,
  })
  const [found] = failures
  if (!found) throw new Error('no run failed')
  expect(found.failure.invariant).toBe('terms')
  const outcome = await runWith(found.options)
  const { failure } = outcome
  if (!failure) throw new Error('it does not fail again')

  let tries = 0
  const short = await shrink(
    found.options,
    { ...outcome, failure },
    (options) => {
      tries += 1
      return runWith(options)
    },
    () => tries < 400,
  )
  const whole = generate(found.options)
  const left = generate(short.options)
  expect(left.steps.length).toBeLessThan(whole.steps.length / 2)
  expect(left.nodes).toBeLessThan(whole.nodes)
  expect(short.outcome.failure?.invariant).toBe('terms')
  expect((await runWith(short.options)).failure?.message).toBe(short.outcome.failure?.message)
  // Nothing that is left can be left out.
  for (const { id } of left.steps) {
    const steps = left.steps.flatMap((step) => (step.id === id ? [] : [step.id]))
    const { failure: other } = await runWith({
      ...short.options,
      keep: { nodes: left.nodes, servers: left.servers, steps },
    })
    expect(other?.invariant).not.toBe('terms')
  }
}, 60_000)
