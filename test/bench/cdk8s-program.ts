// The program of stack-program.ts as a user of cdk8s-plus would write it: for each service a Deployment with the same
// image, ports, environment, resources and probe, and a Service in front of it.

export function cdk8sProgram(services: number): string {
  return `import { App, Chart, Duration, Size } from 'cdk8s'
import { Cpu, Deployment, EnvValue, Probe } from 'cdk8s-plus-33'

const app = new App({ outdir: process.argv[2] ?? 'dist' })
const chart = new Chart(app, 'bench')
${Array.from({ length: services }, (_, index) => serviceText(index)).join('')}
app.synth()
`
}

function serviceText(index: number): string {
  const peer = index === 0 ? '' : `, PEER: EnvValue.fromValue(\`http://\${service${index - 1}.name}/\`)`
  return `const deployment${index} = new Deployment(chart, 'service-${index}', {
  replicas: ${1 + (index % 5)},
  minReady: Duration.seconds(10),
  progressDeadline: Duration.minutes(5),
  containers: [
    {
      image: 'registry.example/app-${index}:1.2.3',
      ports: [
        { name: 'http', number: 8080 },
        { name: 'metrics', number: 9090 },
      ],
      envVariables: { LOG: EnvValue.fromValue('info')${peer} },
      resources: { cpu: { request: Cpu.millis(100) }, memory: { request: Size.mebibytes(128), limit: Size.mebibytes(128) } },
      readiness: Probe.fromHttpGet('/healthz', { port: 8080, periodSeconds: Duration.seconds(5) }),
    },
  ],
})
const service${index} = deployment${index}.exposeViaService({ ports: [{ name: 'http', port: 8080 }, { name: 'metrics', port: 9090 }] })
`
}
