// A shop: a database, an API that grows with its load, a worker that follows a queue, a page, a report every night.
import {
  ack,
  stack,
  service,
  cron,
  volume,
  secret,
  ingress,
  input,
  text,
  http,
  tcp,
  place,
  scale,
  every,
} from 'gantry'

export default stack(
  'shop',
  {
    stage: input.oneOf('dev', 'prod'),
    domain: input.string({ default: 'shop.example' }),
  },
  ({ stage, domain }) => {
    const password = secret('db-password', { generate: { bytes: 24 } })
    const data = volume('db-data', {
      size: '20Gi',
      access: 'single-writer',
      backup: every`day at 02:30 keep 7`,
    })

    const db = service('db', {
      image: 'postgres:17',
      onLost: 'fence',
      ports: { pg: tcp(5432) },
      env: { POSTGRES_PASSWORD_FILE: password.file },
      mounts: { '/var/lib/postgresql/data': data },
      resources: { cpu: '500m', memory: '1Gi' },
      health: { exec: ['pg_isready', '-U', 'postgres'] },
    })
    const DATABASE_URL = text`postgres://app:${password}@${db.ports.pg}/shop`

    const api = service('api', {
      image: 'shop/api:2.1',
      ports: { http: http(8080), metrics: http(9090) },
      env: { DATABASE_URL, LOG: stage === 'prod' ? 'info' : 'debug' },
      resources: { cpu: '250m', memory: '256Mi' },
      replicas: scale({
        min: 2,
        max: stage === 'prod' ? 20 : 4,
      })`cpu > 70% for 1m => +50%; cpu < 20% for 10m => -1`,
      placement: place`require node.labels.disk == "ssd"; spread zone; avoid ${db} weight 20`,
      health: { http: '/healthz', port: 'http', every: '5s' },
      rollout: { batch: '25%', minHealthy: '10s', onFailure: 'rollback' },
    })
    service('worker', {
      image: 'shop/worker:2.1',
      env: { DATABASE_URL },
      replicas: scale({ min: 0, max: 10 })`queue("orders") / 50`,
    })
    const web = service('web', {
      image: 'shop/web:2.1',
      ports: { http: http(80) },
      env: { API: text`${api.ports.http}` },
      replicas: 2,
      health: { http: '/', port: 'http' },
    })

    cron('report', {
      image: 'shop/report:1',
      schedule: every`weekday at 02:30`,
      timezone: 'Europe/Amsterdam',
      overlap: 'forbid',
      env: { DATABASE_URL },
    })
    ack('GT4001', 'the programs take the address of the database from the environment alone')
    ingress('public', {
      host: stage === 'prod' ? domain : `${stage}.${domain}`,
      routes: { '/api': api.ports.http, '/': web.ports.http },
      tls: 'auto',
    })
  },
)
