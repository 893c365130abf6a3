import { service } from 'gantry'

export interface PartOptions {
  readonly replicas?: number
  readonly env?: Readonly<Record<string, string>>
}

export const part = (name: string, options: PartOptions) => inner(name, options)

function inner(name: string, { replicas = 1, env }: PartOptions) {
  return service(name, { image: 'shop/part:2.1', replicas, env: { LOG: 'info', ...env }, stopGrace: '-5s' })
}
