// PostgreSQL: one server with its data on a volume that outlives it, and a password that nobody has to know. Invariant:
// never two servers on one data directory, neither in an update (stop-first) nor when a node is lost (fence). It is not
// replicated: for that, run an operator of your own beside it.

import { secret, service, tcp, text, volume } from 'gantry'
import type { Cpu, Port, PortRef, Schedule, Secret, Service, Size, Text, Volume } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface PostgresOptions {
  /** Tag of the image `postgres`. Default: `'17'`. */
  readonly version?: string
  /** Small letters, digits and `_`. Default: `'app'`. */
  readonly database?: string
  /** Small letters, digits and `_`. Default: `'app'`. */
  readonly user?: string
  /** Space for the data; a request. Default: `'10Gi'`. */
  readonly size?: Size
  /** Default: `'500m'`. */
  readonly cpu?: Cpu
  /** Default: `'512Mi'`. */
  readonly memory?: Size
  /** Snapshots of the volume, such as `` every`day at 02:30 keep 7` ``. Default: none. */
  readonly backup?: Schedule
}

export interface Postgres {
  readonly service: Service<{ readonly pg: Port<'tcp'> }>
  readonly address: PortRef<'tcp'>
  readonly database: string
  readonly user: string
  readonly password: Secret
  /** `postgres://user:password@host:port/database`: for `env`, where `docker inspect` shows it. */
  readonly url: Text
  readonly data: Volume<'single-writer'>
}

const names: NamesOf<PostgresOptions> = {
  version: true,
  database: true,
  user: true,
  size: true,
  cpu: true,
  memory: true,
  backup: true,
}

/** One PostgreSQL server. Makes the service, the volume `NAME-data` and the secret `NAME-password`. */
export function postgres(name: string, options: PostgresOptions = {}): Postgres {
  refuseOthers('postgres', options, names)
  const { version = '17', database = 'app', user = 'app', size = '10Gi' } = options
  const { cpu = '500m', memory = '512Mi', backup } = options
  requireName('database', database)
  requireName('user', user)
  const password = secret(`${name}-password`, { generate: { bytes: 24 } })
  const data = volume(`${name}-data`, {
    size,
    access: 'single-writer',
    ...(backup === undefined ? {} : { backup }),
  })
  const db = service(name, {
    image: `postgres:${version}`,
    ports: { pg: tcp(5432) },
    env: {
      POSTGRES_DB: database,
      POSTGRES_USER: user,
      POSTGRES_PASSWORD_FILE: password.file,
      // Not the root of the volume, where a file system may have put `lost+found`.
      PGDATA: '/var/lib/postgresql/data/pgdata',
    },
    mounts: { '/var/lib/postgresql/data': data },
    resources: { cpu, memory, shm: '128Mi' },
    health: { exec: ['pg_isready', '-U', user, '-d', database], every: '5s' },
    onLost: 'fence',
    // A fast shutdown: sessions are ended, and the data is written out.
    stopSignal: 'SIGINT',
    stopGrace: '60s',
  })
  const url = text`postgres://${user}:${password}@${db.ports.pg}/${database}`
  return { service: db, address: db.ports.pg, database, user, password, url, data }
}

/** What stands as it is in SQL, in a URL and on a command line. */
function requireName(what: string, name: string): void {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name))
    throw new Error(
      `the ${what} of postgres begins with a small letter or _ and has at most 63 small letters, digits and _, not '${name}'`,
    )
}
