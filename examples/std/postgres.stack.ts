// A database with a dump of it every night, beside the snapshots of its volume.
import { every, stack, volume } from 'gantry'
import { postgres } from 'gantry/std/postgres'
import { scheduledBackup } from 'gantry/std/scheduled-backup'

export default stack('ledger', {}, () => {
  const db = postgres('db', { database: 'ledger', memory: '1Gi', backup: every`6 hours keep 8` })
  const dumps = volume('dumps', {
    access: 'shared',
    driver: { nfs: 'nas.example', path: '/export/ledger', options: ['vers=4.2'] },
  })
  scheduledBackup('dump', {
    of: db,
    to: dumps,
    schedule: every`day at 03:15`,
    timezone: 'Europe/Amsterdam',
    keep: 14,
  })
  return { pg: db.address }
})
