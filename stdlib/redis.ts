// Redis: one server, in memory alone or with its data on a volume. Invariant: nobody without the password gets in, and
// the password stands in no command line and no environment. It is not replicated.

import { ack, config, secret, service, tcp, text, volume } from 'gantry'
import type { Cpu, Port, PortRef, Secret, Service, Size, Text } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface RedisOptions {
  /** Tag of the image `redis`. Default: `'8'`. */
  readonly version?: string
  /** Space for the data; a request. Default: nothing is kept when it ends. */
  readonly size?: Size
  /** The most it keeps in memory; the least recently used keys go first. Default: `'100Mi'`. */
  readonly maxMemory?: Size
  /** Default: `'100m'`. */
  readonly cpu?: Cpu
}

export interface Redis {
  readonly service: Service<{ readonly redis: Port<'tcp'> }>
  readonly address: PortRef<'tcp'>
  readonly password: Secret
  /** `redis://:password@host:port`: for `env`, where `docker inspect` shows it. */
  readonly url: Text
}

const names: NamesOf<RedisOptions> = {
  version: true,
  size: true,
  maxMemory: true,
  cpu: true,
}

/** One Redis server. Makes the service, the config `NAME-conf`, the secret `NAME-password`, and with `size` the volume `NAME-data`. */
export function redis(name: string, options: RedisOptions = {}): Redis {
  refuseOthers('redis', options, names)
  const { version = '8', size, maxMemory = '100Mi', cpu = '100m' } = options
  const most = bytesOf(maxMemory)
  const password = secret(`${name}-password`, { generate: { bytes: 24 } })
  const conf = config(`${name}-conf`, {
    content: text`requirepass ${password}
maxmemory ${most}
maxmemory-policy allkeys-lru
dir /data
appendonly ${size === undefined ? 'no' : 'yes'}
save ""
`,
  })
  ack('GT4022', 'redis reads it as a user of its own, and nobody else is in the container', conf)
  const shared = {
    image: `redis:${version}`,
    args: ['redis-server', '/etc/redis.conf'],
    configs: { '/etc/redis.conf': conf },
    ports: { redis: tcp(6379) },
    // Room for the copy that a rewrite of the file makes.
    resources: { cpu, memory: `${Math.ceil((most * 1.5) / 1024 ** 2) + 16}Mi` },
    health: { tcp: 'redis', every: '5s' },
  } as const
  const server =
    size === undefined
      ? service(name, shared)
      : service(name, { ...shared, mounts: { '/data': volume(`${name}-data`, { size }) }, onLost: 'fence' })
  const address = server.ports.redis
  return { service: server, address, password, url: text`redis://:${password}@${address}` }
}

function bytesOf(size: Size): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d{1,3})?)(Ki|Mi|Gi|Ti)$/.exec(size) ?? []
  const bytes = Math.floor(Number(number) * 1024 ** (['Ki', 'Mi', 'Gi', 'Ti'].indexOf(unit) + 1))
  if (number === '' || bytes < 1024 ** 2)
    throw new Error(`maxMemory of redis is a size of at least 1Mi, such as 100Mi, not '${size}'`)
  return bytes
}
