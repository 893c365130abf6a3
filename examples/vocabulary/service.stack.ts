// Every option of a service, at least once. Not a program anybody would run: a page to look things up on.
import {
  ack,
  config,
  every,
  gate,
  grpc,
  http,
  job,
  place,
  scale,
  secret,
  service,
  stack,
  tcp,
  text,
  udp,
  volume,
} from 'gantry'

export default stack('vocabulary', {}, () => {
  const token = secret('token', { onChange: { signal: 'SIGHUP' } })
  const settings = config('settings', { content: 'level = "info"\n', mode: '0440', onChange: 'update' })
  const profile = config('profile', { content: JSON.stringify({ defaultAction: 'SCMP_ACT_LOG' }) })
  const scratch = volume('scratch', { access: 'per-replica', driver: 'tmpfs', size: '64Mi' })
  const media = volume('media', { access: 'shared', driver: { bind: '/srv/media' } })

  // One on each node, with the rights that looking at a node takes.
  const probe = service('node-probe', {
    image: 'ops/node-probe:1.2',
    replicas: 'per-node',
    ports: { metrics: http(9100, { hostPort: 9100 }), syslog: udp(514, { published: 514 }) },
    privileged: true,
    placement: place`tolerate "gpu"; tolerate "dedicated=db"`,
    priority: 90,
  })
  ack('GT4010', 'it reads the counters of the node', probe)

  const engine = service('engine', {
    // The image and what runs in it.
    image:
      'registry.example:5000/ml/engine@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    command: ['/usr/local/bin/engine'],
    args: ['--config', '/etc/engine/settings.toml'],
    env: { LEVEL: 'info', THREADS: 4, TOKEN_FILE: token.file },
    labels: { team: 'ml' },
    workingDir: '/srv',
    user: '1000:1000',
    groups: ['video', 107],
    secrets: [token],
    configs: { '/etc/engine/settings.toml': settings },
    mounts: { '/tmp': scratch, '/media': media.readOnly() },
    // What it listens on, and how one sees that it is well.
    ports: { grpc: grpc(50051), admin: tcp(9000) },
    probes: {
      startup: { tcp: 'admin', every: '1s', failures: 120 },
      readiness: { grpc: 'grpc', service: 'ml.Engine', every: '5s', timeout: '2s' },
      liveness: { exec: ['/usr/local/bin/alive'], every: '30s', failures: 2 },
    },
    // What it is given of a node.
    resources: {
      cpu: '2',
      cpuLimit: '4',
      memory: '4Gi',
      memoryLimit: '6Gi',
      pids: 512,
      shm: '1Gi',
      ulimits: { nofile: 65_536, memlock: { soft: -1, hard: -1 } },
      devices: ['/dev/fuse', { host: '/dev/dri/renderD128', container: '/dev/dri/render', access: 'rw' }],
      gpus: { count: 1, kind: 'nvidia' },
    },
    // What the kernel lets it do.
    capabilities: { add: ['SYS_NICE'], drop: ['ALL'] },
    sysctls: { 'net.core.somaxconn': 1024 },
    seccomp: profile,
    apparmor: 'docker-default',
    runtime: 'crun',
    init: true,
    readOnlyRoot: true,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    stopSignal: 'SIGTERM',
    stopGrace: '45s',
    // Who is with it.
    initContainers: { fetch: { image: 'ml/fetch:1', args: ['--to', '/tmp'], mounts: { '/tmp': scratch } } },
    sidecars: {
      relay: {
        image: 'ops/relay:2',
        env: { TO: 'localhost:9000' },
        resources: { cpu: '50m', memory: '32Mi' },
        health: { tcp: 'admin' },
      },
    },
    // Where it runs, and how many there are.
    placement: place`
      require node.labels.gpu == "a100" && node.memory >= 16Gi;
      prefer node.zone in ("a", "b") weight 60;
      spread zone;
      avoid ${probe} weight 10;
      max 2 per node`,
    replicas: scale({
      min: 3,
      max: 12,
      protect: '10m',
      schedule: [
        { at: every`weekday at 08:00`, timezone: 'Europe/Amsterdam', min: 6 },
        { at: every`weekday at 19:00`, timezone: 'Europe/Amsterdam', min: 3 },
      ],
    })`cpu > 70% for 1m => +50%; cpu < 20% for 10m => -1`,
    // How it changes, and what is left standing meanwhile.
    rollout: {
      batch: '25%',
      order: 'start-first',
      minHealthy: '30s',
      deadline: '10m',
      onFailure: 'rollback',
      pause: '1m',
      gate: gate`errors < 1% && p99 < 300ms for 2m`,
      canary: [
        { tasks: 1, pause: '10m', gate: gate`errors < 0.5%` },
        { tasks: '50%', pause: 'promote' },
      ],
    },
    budget: { minAvailable: 2 },
    restart: { policy: 'always', delay: '2s', maxDelay: '2m', resetAfter: '5m' },
    reschedule: { after: 5, within: '10m', delay: '10s', maxDelay: '5m' },
    onLost: 'replace',
    dependsOn: [{ on: probe, until: 'started' }],
    reaches: [probe],
  })

  ack('GT4012', 'the graphics card is its own', engine)

  const { grpc: rpc, admin } = engine.ports
  const check = job('preflight', {
    image: 'ml/preflight:1',
    env: { ENGINE: rpc, ADMIN_HOST: admin.host, ADMIN_PORT: admin.number },
  })
  service('front', {
    image: 'ml/front:7.0',
    ports: { http: http(8080, { published: 8080 }) },
    env: { ENGINE: text`dns:///${engine.ports.grpc}` },
    replicas: 4,
    health: { http: '/healthz', port: 'http', every: '5s' },
    rollout: { blueGreen: { pause: '5m', gate: gate`errors < 1%`, keepOld: '15m' }, before: check },
    budget: { maxUnavailable: '25%' },
    restart: 'on-failure',
    reschedule: 'never',
    dependsOn: [engine],
  })
})
