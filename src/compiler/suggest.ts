// Names in the words of messages.

import { nearest } from '../model/values.ts'

/** What Kubernetes, Compose and JavaScript's URL call it, and the fields that say it here; a field further in is named by its path. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    limits: ['memoryLimit', 'cpuLimit', 'resources.memoryLimit', 'resources.cpuLimit'],
    requests: ['memory', 'cpu', 'resources.memory', 'resources.cpu'],
    reservations: ['memory', 'cpu', 'resources.memory', 'resources.cpu'],
    mem_limit: ['resources.memoryLimit'],
    cpus: ['cpu', 'resources.cpu'],
    shm_size: ['shm', 'resources.shm'],
    volumes: ['mounts'],
    volumeMounts: ['mounts'],
    livenessProbe: ['probes.liveness'],
    readinessProbe: ['probes.readiness'],
    startupProbe: ['probes.startup'],
    healthcheck: ['health'],
    deploy: ['rollout'],
    strategy: ['rollout'],
    updateStrategy: ['rollout'],
    update_config: ['rollout'],
    constraints: ['placement'],
    affinity: ['placement'],
    nodeSelector: ['placement'],
    tolerations: ['placement'],
    environment: ['env'],
    entrypoint: ['command'],
    cmd: ['args', 'exec'],
    count: ['replicas'],
    instances: ['replicas'],
    autoscaling: ['replicas'],
    restartPolicy: ['restart'],
    restart_policy: ['restart'],
    cap_add: ['capabilities.add'],
    cap_drop: ['capabilities.drop'],
    stop_grace_period: ['stopGrace'],
    terminationGracePeriodSeconds: ['stopGrace'],
    backoffLimit: ['retries'],
    retries: ['failures'],
    activeDeadlineSeconds: ['deadline'],
    concurrencyPolicy: ['overlap'],
    test: ['exec'],
    path: ['http'],
    httpGet: ['http'],
    tcpSocket: ['tcp'],
    interval: ['every'],
    periodSeconds: ['every'],
    timeoutSeconds: ['timeout'],
    failureThreshold: ['failures'],
    port: ['number'],
    hostname: ['host'],
  }),
)

/** The fields that are probably meant: what another tool calls it, then what is written nearly so. */
export function meantFields(written: string, known: readonly string[]): readonly string[] {
  const own = otherNames.get(written)?.filter((each) => known.includes(each.split('.')[0] ?? '')) ?? []
  const direct = own.filter((each) => !each.includes('.'))
  if (own.length > 0) return direct.length > 0 ? direct : own
  const guess = nearest(written, known)
  return guess === undefined ? [] : [guess]
}

/** Words of other tools for one of a few choices. */
const otherChoices: ReadonlyMap<string, string> = new Map([
  ['no', 'never'],
  ['unless-stopped', 'always'],
  ['Recreate', 'stop-first'],
  ['Retain', 'retain'],
  ['ReadWriteOnce', 'single-writer'],
  ['ReadWriteMany', 'shared'],
  ['ReadOnlyMany', 'read-only'],
])

export function meantChoice(written: string, choices: readonly string[]): string | undefined {
  const own = otherChoices.get(written)
  return own !== undefined && choices.includes(own) ? own : nearest(written, choices)
}

/** `'a', 'b' or 'c'`; at most `limit`, then how many more. */
export function listNames(names: readonly string[], limit = 8): string {
  const quoted = names.slice(0, limit).map((name) => `'${name}'`)
  if (names.length > limit) return `${quoted.join(', ')} and ${names.length - limit} more`
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`
}
