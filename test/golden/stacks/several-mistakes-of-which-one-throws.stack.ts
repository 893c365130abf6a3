import { cron, every, gate, http, place, scale, secret, service, stack, tcp, volume } from 'gantry'

/** Nothing calls it. */
function spare(name: string) {
  return service(name, { image: 'shop/spare:1', placement: place`require node.oss == "linux"` })
}

export default stack('shop', {}, () => {
  const token = secret('token')
  const data = volume('data', { size: '1GB' as '1Gi' })
  const db = service('db', { image: 'postgres' as `${string}:${string}`, ports: { pg: tcp(5432) } })
  service('db', { image: 'postgres:17' })
  const ports: Record<string, typeof db.ports.pg> = db.ports
  const anywhere = ports['pgsql']
  // From here on nothing is evaluated.
  service('api', {
    image: 'shop/api:2.1',
    ports: { http: http(8080) },
    env: { TOKEN_FILE: token.file, DB: anywhere ?? '' },
    replicas: scale({ min: 1, max: 9 })`cpu > 70 for 1m => +50%`,
    placement: place`require node.os = "linux"; avoid ${db} weight 20`,
    rollout: { canary: [{ tasks: '10%', gate: gate`errors < 1% for` }] },
  })
  cron('report', { image: 'shop/report:1', schedule: every`weekday at 25:00` })
  if (data === undefined) spare('later')
})
