// A scheduled backup: a cron that writes dumps of a PostgreSQL database to a volume and keeps the last few. Invariant: a
// dump has its final name only when it is whole, and an old one is removed only after a new one is. Where the volume's
// data goes after that (another place, another country) is not its business.

import { cron } from 'gantry'
import type { Cpu, Cron, Schedule, Size, Volume } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'
import type { Postgres } from './postgres.ts'

export interface ScheduledBackupOptions {
  readonly of: Postgres
  /** Where the dumps are written. */
  readonly to: Volume
  /** When: `` every`day at 02:30` ``. */
  readonly schedule: Schedule | string
  /** Default: `'UTC'`. */
  readonly timezone?: string
  /** How many dumps are kept. Default: 7. */
  readonly keep?: number
  /** Reserved for each run. Default: nothing. */
  readonly cpu?: Cpu
  /** Reserved for each run, and the most it may use. Default: neither. */
  readonly memory?: Size
  /** Tag of the image `postgres`; not older than the server. Default: `'17'`. */
  readonly version?: string
}

const script = `set -eu
umask 077
name="/backup/$PGDATABASE-$(date -u +%Y%m%dT%H%M%SZ).dump"
export PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
pg_dump --format=custom --file="$name.part"
mv "$name.part" "$name"
ls -1 /backup/"$PGDATABASE"-*.dump | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do rm -- "$old"; done
`

const names: NamesOf<ScheduledBackupOptions> = {
  of: true,
  to: true,
  schedule: true,
  timezone: true,
  keep: true,
  cpu: true,
  memory: true,
  version: true,
}

/** A cron that dumps a database. */
export function scheduledBackup(name: string, options: ScheduledBackupOptions): Cron {
  refuseOthers('scheduledBackup', options, names)
  const { of, to, schedule, timezone = 'UTC', keep = 7, version = '17', cpu, memory } = options
  return cron(name, {
    image: `postgres:${version}`,
    command: ['sh', '-c', script],
    schedule,
    timezone,
    overlap: 'forbid',
    env: {
      PGHOST: of.address.host,
      PGPORT: of.address.number,
      PGUSER: of.user,
      PGDATABASE: of.database,
      PGPASSWORD_FILE: of.password.file,
      KEEP: keep,
    },
    mounts: { '/backup': to },
    resources: { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) },
    dependsOn: [of.service],
    deadline: '1h',
  })
}
