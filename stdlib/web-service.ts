// A web service: one HTTP port, a health check, a share of a node, and a host name from outside when it is given one.
// Invariant: no request is lost in an update, because a task counts only once its health path answers. It holds no data.

import { http, ingress, service } from 'gantry'
import type { Cpu, EnvValue, Image, Job, Placement, Port, Scaling, Secret, Service, Size } from 'gantry'
import { refuseOthers } from './options.ts'

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
  /** Has to complete before each rollout, such as a migration. */
  readonly before?: Job
  /** Host name under which it is reached from outside. Default: reachable from inside only. */
  readonly host?: string
  /** Prefix of the path on that host. Default: `'/'`. */
  readonly path?: string
}

export type WebService = Service<{ readonly http: Port<'http'> }>

/** A web service with a health check; with `host` also an ingress of the same name. */
export function webService(name: string, options: WebServiceOptions): WebService {
  const { image, port = 8080, health = '/', replicas = 2, ...more } = options
  const { cpu = '100m', memory = '128Mi', env = {}, ...others } = more
  const { args, secrets, placement, before, host, path = '/', ...rest } = others
  refuseOthers('webService', rest)
  const web = service(name, {
    image,
    ports: { http: http(port) },
    ...(args === undefined ? {} : { args }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(placement === undefined ? {} : { placement }),
    env,
    replicas,
    resources: { cpu, memory },
    health: { http: health, port: 'http', every: '5s' },
    rollout: { minHealthy: '10s', ...(before === undefined ? {} : { before }) },
  })
  if (host !== undefined) ingress(name, { host, routes: { [path]: web.ports.http } })
  return web
}
