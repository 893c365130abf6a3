// What a stack has beside services and jobs: inputs, outputs, volumes, secrets, configs, ingresses, acknowledged warnings.
import {
  ack,
  build,
  config,
  every,
  http,
  ingress,
  input,
  route,
  secret,
  service,
  stack,
  tcp,
  volume,
} from 'gantry'

export default stack(
  'wiki',
  {
    stage: input.oneOf(['dev', 'prod'], { default: 'dev', description: 'where it runs' }),
    domain: input.string({ default: 'wiki.example', pattern: '[a-z.-]+', minLength: 4, env: 'WIKI_DOMAIN' }),
    replicas: input.number({ default: 2, min: 1, max: 10, whole: true }),
    debug: input.boolean({ default: false }),
    license: input.secret({ description: 'the key that came with the licence', env: 'WIKI_LICENSE' }),
  },
  ({ stage, domain, replicas, debug, license }) => {
    const session = secret('session-key', { generate: { bytes: 32 }, onChange: 'restart' })
    const pages = volume('pages', {
      size: '5Gi',
      access: 'single-writer',
      reclaim: 'retain',
      driver: 'local',
      backup: every`hour at :15 keep 24`,
      timezone: 'Europe/Amsterdam',
    })
    const theme = volume('theme', { access: 'read-only', driver: { bind: '/srv/wiki/theme' } })

    const store = service('store', {
      image: 'wiki/store:1.8',
      ports: { store: tcp(7000) },
      mounts: { '/pages': pages },
      env: { LICENSE: license.env },
      onLost: 'fence',
      fenceAfter: '30s',
    })
    ack('GT4001', 'the program reads no file', store)

    const web = service('web', {
      image: build('./web', { dockerfile: 'Dockerfile', target: 'site', args: { MODE: 'release' } }),
      ports: { http: http(8080) },
      env: { SESSION_KEY_FILE: session.file, LOG: debug ? 'debug' : 'info' },
      configs: {
        '/etc/wiki/wiki.conf': config('wiki', {
          template: './web/wiki.conf',
          values: { store: store.ports.store },
        }),
        '/etc/wiki/motd': config('motd', { file: './web/motd.txt', onChange: { signal: 'SIGHUP' } }),
      },
      mounts: { '/theme': theme },
      replicas,
      health: { http: '/healthz', port: 'http' },
    })

    ingress('public', {
      host: stage === 'prod' ? [domain, `www.${domain}`] : `${stage}.${domain}`,
      routes: { '/': web.ports.http, '/wiki': route(web.ports.http, { stripPrefix: true }) },
      tls: stage === 'prod' ? 'auto' : 'internal',
      redirect: true,
    })

    return { web: web.ports.http, domain }
  },
)
