import { service, stack } from 'gantry'
import type { Size } from 'gantry'
import { part } from './modules/parts.ts'

const defaults = { memory: '-5Mi' } as const

interface Options {
  readonly name: string
  readonly memory?: Size
}

/** The name and the size are of the calls; the command is its own. */
function worker({ name, memory }: Options, replicas: number) {
  const size = memory ?? '64Mi'
  return service(name, { image: 'shop/worker:2.1', replicas, resources: { memory: size }, args: [String(name), 1 as never] })
}

function pair(name: string, ...rest: readonly number[]) {
  worker({ name: `${name}-a`, ...defaults }, 1)
  worker({ name: `${name}-b` }, rest[0] ?? 1)
}

const byName = { start: (options: Options) => worker(options, 2) }

export default stack('shop', {}, () => {
  worker({ name: 'Mail' }, 1.5)
  pair('print', -3)
  byName.start({ memory: '05Mi', name: 'scan' })
  for (const [index, memory] of (['1Gi', '1e3Mi'] as const).entries()) worker({ name: `sort-${index}`, memory }, 1)
  part('ship', { replicas: 0.5, env: { '9': 'x' } })
})
