// A small real system: a web front with two replicas on one published port, an api with two replicas behind it, a
// secret both know, a volume that keeps a counter, and a job that prepares the volume once before the api starts.
import { ack, build, http, input, job, secret, service, stack, text, volume } from 'gantry'

export default stack(
  'hello',
  {
    port: input.number({ default: 8080, description: 'port of this host on which the web front answers' }),
    greeting: input.string({ default: 'Hello', description: 'first word of the page' }),
  },
  ({ port, greeting }) => {
    // Made by the cluster at the first apply; nobody ever sees its value.
    const signingKey = secret('signing-key', { generate: { bytes: 24 } })
    const data = volume('data', { size: '64Mi', access: 'shared' })

    const seed = job('seed', {
      image: build('./seed'),
      mounts: { '/data': data },
      resources: { memory: '16Mi' },
    })

    const api = service('api', {
      image: build('./api'),
      replicas: 2,
      ports: { http: http(8080) },
      env: { SIGNING_KEY_FILE: signingKey.file },
      mounts: { '/data': data },
      resources: { cpu: '50m', memory: '32Mi' },
      health: { http: '/healthz', port: 'http', every: '2s' },
      rollout: { minHealthy: '1s' },
      dependsOn: [seed],
    })

    ack('GT4023', 'this example has one host', api)

    service('web', {
      image: build('./web'),
      replicas: 2,
      ports: { http: http(8080, { published: port }) },
      env: {
        GREETING: greeting,
        API_URL: text`http://${api.ports.http}`,
        SIGNING_KEY_FILE: signingKey.file,
      },
      resources: { cpu: '50m', memory: '32Mi' },
      health: { http: '/healthz', port: 'http', every: '2s' },
      rollout: { minHealthy: '1s' },
      dependsOn: [api],
    })
  },
)
