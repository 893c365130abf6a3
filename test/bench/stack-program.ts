// Stack programs of any size, written out service by service as a person would, each a little different and each
// referring to the one before it.

export interface ProgramSize {
  readonly services: number
  /** A volume and a secret for each service. */
  readonly withStorage?: boolean
}

export function stackProgram({ services, withStorage = false }: ProgramSize): string {
  const words = ['http', ...(withStorage ? ['secret'] : []), 'service', 'stack', 'tcp', 'text']
  if (services === 1) words.pop()
  return `import { ${[...words, ...(withStorage ? ['volume'] : [])].join(', ')} } from 'gantry'

export default stack('bench', {}, () => {
${Array.from({ length: services }, (_, index) => serviceText(index, withStorage)).join('')}})
`
}

function serviceText(index: number, withStorage: boolean): string {
  const peer = index === 0 ? '' : `, PEER: text\`http://\${service${index - 1}.ports.http}/\``
  const storage = withStorage
    ? `  const password${index} = secret('password-${index}', { generate: { bytes: 24 } })
  const data${index} = volume('data-${index}', { size: '1Gi' })
`
    : ''
  const password = withStorage ? `, PASSWORD_FILE: password${index}.file` : ''
  const mounts = withStorage
    ? `    mounts: { '/data': data${index} },\n    onLost: 'fence',\n`
    : `    replicas: ${1 + (index % 5)},\n`
  return `${storage}  const service${index} = service('service-${index}', {
    image: 'registry.example/app-${index}:1.2.3',
    ports: { http: http(8080), metrics: tcp(9090) },
    env: { LOG: 'info'${password}${peer} },
${mounts}    resources: { cpu: '100m', memory: '128Mi' },
    health: { http: '/healthz', port: 'http', every: '5s' },
    rollout: { minHealthy: '10s', onFailure: 'rollback' },
  })
`
}
