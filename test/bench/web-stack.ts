// The stack that is applied for real: one service of small web servers on the busybox image, each healthy as soon as its
// probe succeeds, and gone as soon as it is told to.

export type ProbeKind = 'http' | 'exec'

/** How far apart probes are until the first success (agent/health.ts), in milliseconds. */
export const firstProbeEveryMs: Readonly<Record<ProbeKind, number>> = { http: 100, exec: 250 }

const health: Readonly<Record<ProbeKind, string>> = {
  http: "{ http: '/passwd', port: 'http' }",
  exec: "{ exec: ['true'] }",
}

export const webStack = 'bench'

export function webProgram(tasks: number, probe: ProbeKind): string {
  return `import { http, service, stack } from 'gantry'

export default stack('${webStack}', {}, () => {
  service('web', {
    image: 'gantry-base:busybox',
    command: ['httpd', '-f', '-p', '8080', '-h', '/etc'],
    replicas: ${tasks},
    ports: { http: http(8080) },
    health: ${health[probe]},
    stopSignal: 'SIGKILL',
    rollout: { minHealthy: '0s' },
  })
})
`
}
