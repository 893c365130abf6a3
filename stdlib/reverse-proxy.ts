// A reverse proxy of your own in front of services, for what an ingress does not do: it is a service, so it can be
// published on a port, have a policy file, or sit between two services. Invariant: it reaches what its routes name and
// nothing else. TLS from outside is the ingress's business.

import { config, http, service, text } from 'gantry'
import type { Cpu, Port, PortRef, Service, Size, Text } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface ReverseProxyOptions {
  /** Where requests go, by the prefix of their path; the longest that fits counts. */
  readonly routes: Readonly<Record<string, PortRef<'http'>>>
  /** Port on every host's address. Default: reachable from inside only. */
  readonly published?: number
  /** Tag of the image `caddy`. Default: `'2'`. */
  readonly version?: string
  /** Default: 2. */
  readonly replicas?: number
  /** Reserved for each task. Default: `'100m'`. */
  readonly cpu?: Cpu
  /** Reserved for each task, and the most it may use. Default: `'64Mi'`. */
  readonly memory?: Size
}

export type ReverseProxy = Service<{ readonly http: Port<'http'> }>

const names: NamesOf<ReverseProxyOptions> = {
  routes: true,
  published: true,
  version: true,
  replicas: true,
  cpu: true,
  memory: true,
}

/** A reverse proxy (Caddy). Makes the service and the config `NAME-caddyfile`. */
export function reverseProxy(name: string, options: ReverseProxyOptions): ReverseProxy {
  refuseOthers('reverseProxy', options, names)
  const { routes, published, version = '2', replicas = 2, cpu = '100m', memory = '64Mi' } = options
  return service(name, {
    image: `caddy:${version}`,
    ports: { http: http(8080, published === undefined ? {} : { published }) },
    configs: {
      '/etc/caddy/Caddyfile': config(`${name}-caddyfile`, {
        content: caddyfile(routes),
        onChange: 'restart',
      }),
    },
    replicas,
    resources: { cpu, memory },
    health: { http: '/-/healthy', port: 'http', every: '5s' },
  })
}

function caddyfile(routes: ReverseProxyOptions['routes']): Text {
  const prefixes = Object.keys(routes).sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
  let matchers = ''
  let handles = text``
  for (const [index, prefix] of prefixes.entries()) {
    const to = routes[prefix]
    if (to === undefined) continue
    if (!/^\/[\w.~/-]*$/.test(prefix))
      throw new Error(
        `a route of reverseProxy begins with / and has letters, digits and . _ ~ - in it, not '${prefix}'`,
      )
    const path = prefix.replace(/\/$/, '')
    // `/api*` would be `/apifoo` too.
    if (path !== '') matchers += `  @route${index} path ${path} ${path}/*\n`
    const matcher = path === '' ? '' : `@route${index} `
    handles = text`${handles}    handle ${matcher}{\n      reverse_proxy ${to}\n    }\n`
  }
  // Inside of `route` the order is the one written: the first that fits is taken, so the longest prefix stands first.
  return text`{\n  admin off\n  auto_https off\n}\n:8080 {\n${matchers}  route {\n    respond /-/healthy 204\n${handles}  }\n}\n`
}
