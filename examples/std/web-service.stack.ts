// A web service with a database that is migrated before each rollout, from the components of `gantry/std`.
import { ack, every, input, stack, volume } from 'gantry'
import { migration } from 'gantry/std/migration'
import { postgres } from 'gantry/std/postgres'
import { webService } from 'gantry/std/web-service'

export default stack(
  'blog',
  { version: input.string({ default: '1.4.0' }), domain: input.string({ default: 'blog.example' }) },
  ({ version, domain }) => {
    const image = `blog/web:${version}` as const
    const db = postgres('db', { size: '20Gi', backup: every`day at 02:30 keep 7` })
    const env = { DATABASE_URL: db.url }
    const migrate = migration('migrate', { image, command: ['bin/migrate'], env, database: db.service })
    const web = webService('web', { image, health: '/healthz', env, before: migrate, host: domain })
    // Pictures on a share that all of its tasks write, changed with care.
    webService('media', {
      image: `blog/media:${version}`,
      mounts: {
        '/media': volume('media', { access: 'shared', driver: { nfs: 'nas.example', path: '/media' } }),
      },
      rollout: { batch: '50%', minHealthy: '30s', before: migrate },
    })
    ack('GT4001', 'the framework takes the address of its database from the environment alone')
    return { web: web.ports.http }
  },
)
