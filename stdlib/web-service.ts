// A web service: one HTTP port, a health check, a share of a node, and a host name from outside when it is given one.
// Invariant: no request is lost in an update, because a task counts only once its health path answers. What it keeps is on
// the volumes that it is given.

import { http, ingress, service } from 'gantry'
import type {
  Cpu,
  EnvValue,
  Image,
  Job,
  Mounts,
  Placement,
  Port,
  Rollout,
  Scaling,
  Secret,
  Service,
  Size,
} from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface WebServiceOptions {
  readonly image: Image
  /** What the container listens on. Default: 8080. */
  readonly port?: number
  /** Path that answers with 200 to 399 when it is healthy. Default: `'/'`. */
  readonly health?: string
  /** Default: 2, so that one may be replaced while the other answers. */
  readonly replicas?: number | Scaling
  /** Reserved for each task. Default: `'100m'`. */
  readonly cpu?: Cpu
  /** Reserved for each task, and the most it may use. Default: `'128Mi'`. */
  readonly memory?: Size
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, EnvValue>>
  /** As files below `/run/secrets`. */
  readonly secrets?: readonly Secret[]
  readonly placement?: Placement
  /** Volumes by the absolute path they are mounted at. A `'single-writer'` one takes `replicas: 1` and `onLost: 'fence'`. */
  readonly mounts?: Mounts
  /** What happens to its tasks when their node is lost. Default: `'replace'`. */
  readonly onLost?: 'replace' | 'fence'
  /** How it is updated. `minHealthy` is `'10s'` unless it says another. */
  readonly rollout?: Rollout<'start-first' | 'stop-first'>
  /** Has to complete before each rollout, such as a migration: short for `before` of `rollout`. */
  readonly before?: Job
  /** Host name under which it is reached from outside. Default: reachable from inside only. */
  readonly host?: string
  /** Prefix of the path on that host. Default: `'/'`. */
  readonly path?: string
}

export type WebService = Service<{ readonly http: Port<'http'> }>

const names: NamesOf<WebServiceOptions> = {
  image: true,
  port: true,
  health: true,
  replicas: true,
  cpu: true,
  memory: true,
  args: true,
  env: true,
  secrets: true,
  placement: true,
  mounts: true,
  onLost: true,
  rollout: true,
  before: true,
  host: true,
  path: true,
}

/** A web service with a health check; with `host` also an ingress of the same name. */
export function webService(name: string, options: WebServiceOptions): WebService {
  refuseOthers('webService', options, names)
  const { image, port = 8080, health = '/', replicas = 2, cpu = '100m', memory = '128Mi', env = {} } = options
  const { args, secrets, placement, mounts, onLost, rollout, before, host, path = '/' } = options
  if (before !== undefined && rollout?.before !== undefined)
    throw new Error('webService takes before, or rollout with a before, not both')
  const web = service(name, {
    image,
    ports: { http: http(port) },
    ...(args === undefined ? {} : { args }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(placement === undefined ? {} : { placement }),
    ...(mounts === undefined ? {} : { mounts }),
    ...(onLost === undefined ? {} : { onLost }),
    env,
    replicas,
    resources: { cpu, memory },
    health: { http: health, port: 'http', every: '5s' },
    rollout: { minHealthy: '10s', ...(before === undefined ? {} : { before }), ...rollout },
  })
  if (host !== undefined) ingress(name, { host, routes: { [path]: web.ports.http } })
  return web
}
