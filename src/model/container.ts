// What one container is made from: image, environment, mounts, resources, what the kernel allows it. The main container
// of a task, its sidecars and its init containers share it. Invariant: an absent field is the engine's own default; a
// default of gantry's is always written out.

import { z } from 'zod'
import { isName, nameRule } from './address.ts'

export const documentName = z.string().refine(isName, `a name is ${nameRule}`)
const name = documentName
const duration = z.int().nonnegative()
const portNumber = z.int().min(1).max(65535)
const path = z.string().startsWith('/')

/**
 * A piece of a text that is put together where the task runs: plain, an address or one half of it, a secret's value,
 * another stack's output.
 */
export const textPart = z.union([
  z.string(),
  z.strictObject({
    endpoint: z.strictObject({
      service: name,
      port: name,
      /** What that service declares as the port's number: a change of it is a change of who refers to it. */
      container: portNumber,
    }),
  }),
  /** Of an address: the host alone, which stays as it is when the number changes. */
  z.strictObject({ host: z.strictObject({ service: name, port: name }) }),
  /** Of an address: the number alone. */
  z.strictObject({ portNumber: z.strictObject({ service: name, port: name, container: portNumber }) }),
  z.strictObject({ secret: name }),
  z.strictObject({ output: z.strictObject({ stack: name, name: z.string() }) }),
])
export type TextPart = z.infer<typeof textPart>

/** A value of `env`: pieces joined where the task runs, or the path of a secret's file. */
export const envValue = z.union([
  z.strictObject({ text: z.array(textPart) }),
  z.strictObject({ secretFile: name }),
])
export type EnvValue = z.infer<typeof envValue>

/** An image to be had as it is, or built from a folder of the stack and tagged by its content. */
export const image = z.union([
  z.strictObject({ ref: z.string().min(1) }),
  z.strictObject({
    build: z.strictObject({
      /** Folder relative to the stack file, with `/`. */
      context: z.string(),
      dockerfile: z.string(),
      args: z.record(z.string(), z.string()),
      /** Stage of the Dockerfile; absent: the last one. */
      target: z.string().min(1).optional(),
      /** SHA-256 over the paths, modes and contents of the context, the Dockerfile's name, the arguments and the stage. */
      digest: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
])
export type Image = z.infer<typeof image>

export const port = z.strictObject({
  container: portNumber,
  protocol: z.enum(['tcp', 'udp', 'http', 'grpc']),
  /** Port on every host's address that leads to a healthy task of the service. */
  published: portNumber.optional(),
  /** Port of the host that the task runs on, and of no other. */
  hostPort: portNumber.optional(),
})
export type Port = z.infer<typeof port>

export const mount = z.strictObject({ volume: name, readOnly: z.boolean() })
export type Mount = z.infer<typeof mount>

export const probe = z.strictObject({
  check: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('http'), path: z.string(), port: name }),
    z.strictObject({ kind: z.literal('tcp'), port: name }),
    z.strictObject({ kind: z.literal('exec'), command: z.array(z.string()).min(1) }),
    /** The standard health service of gRPC; `service` is what is asked for, all of the server when absent. */
    z.strictObject({ kind: z.literal('grpc'), port: name, service: z.string().optional() }),
  ]),
  intervalMs: duration.min(100),
  timeoutMs: duration.min(10),
  /** Failures in a row, after the first success, that make a task unhealthy. */
  failures: z.int().min(1),
})
export type Probe = z.infer<typeof probe>

export const resources = z.strictObject({
  /** Reserved, in thousandths of a core; 0 reserves none. */
  cpu: z.int().nonnegative(),
  /** Reserved, in bytes, and the limit where `memoryLimit` is absent; 0 is neither. */
  memory: z.int().nonnegative(),
  cpuLimit: z.int().positive().optional(),
  memoryLimit: z.int().positive().optional(),
  /** The most processes and threads. */
  pids: z.int().positive().optional(),
  /** Size of /dev/shm in bytes. */
  shm: z.int().positive().optional(),
  /** By the kernel's names: `nofile`, `nproc`, `memlock` … -1 is unlimited. */
  ulimits: z.record(z.string(), z.strictObject({ soft: z.int().min(-1), hard: z.int().min(-1) })).optional(),
  devices: z
    .array(
      z.strictObject({
        host: path,
        container: path,
        access: z
          .string()
          .regex(/^r?w?m?$/)
          .min(1),
      }),
    )
    .optional(),
  /** GPUs of the node, reserved whole. */
  gpus: z.strictObject({ count: z.int().min(1).max(64), kind: z.string().optional() }).optional(),
})
export type Resources = z.infer<typeof resources>

const containerFields = {
  image,
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), envValue),
  labels: z.record(z.string(), z.string()),
  mounts: z.record(path, mount),
  /** Configs by the path of the file they are mounted as. */
  configs: z.record(path, name).optional(),
  /** Secrets whose files are mounted at /run/secrets/<name>. */
  secretFiles: z.array(name),
  resources,
  user: z.string().optional(),
  /** Further groups of the user, by name or number. */
  groups: z.array(z.string()).optional(),
  workingDir: z.string().optional(),
  readOnlyRoot: z.boolean(),
  stopSignal: z.string().optional(),
  stopGraceMs: duration,
  /** Without `CAP_`; `ALL` is all of them. */
  capabilities: z.strictObject({ add: z.array(z.string()), drop: z.array(z.string()) }).optional(),
  privileged: z.literal(true).optional(),
  sysctls: z.record(z.string(), z.string()).optional(),
  /** `unconfined`, or the profile as JSON text. */
  seccomp: z.string().optional(),
  /** Name of a profile that the node has loaded, or `unconfined`. */
  apparmor: z.string().optional(),
  /** Name of an OCI runtime that the node's engine knows. */
  runtime: z.string().optional(),
  /** A small init as process 1, which forwards signals and reaps. */
  init: z.boolean().optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
}

/** A container beside the main one, in its network namespace; `health` may probe the task's ports. */
export const sidecar = z.strictObject({ ...containerFields, health: probe.optional() })
export type Sidecar = z.infer<typeof sidecar>

/** A container that has to exit with 0 before the next and then the main one starts. */
export const initContainer = z.strictObject({ name, ...containerFields })
export type InitContainer = z.infer<typeof initContainer>

/** What a task does when its main container ends. */
export const restart = z.strictObject({
  policy: z.enum(['always', 'on-failure', 'never']),
  /** Wait before the first restart; doubles up to `maxDelayMs`, and begins anew after `resetAfterMs` of health. */
  delayMs: duration,
  maxDelayMs: duration,
  resetAfterMs: duration,
})
export type Restart = z.infer<typeof restart>

/** What makes a task; a change of anything in it is a new revision. */
export const taskTemplate = z.strictObject({
  ...containerFields,
  ports: z.record(name, port),
  /** Whether a task is ready and alive, by one probe. */
  health: probe.optional(),
  /** The same told apart. `startup` holds the others back until it has succeeded once. */
  probes: z
    .strictObject({
      startup: probe.optional(),
      readiness: probe.optional(),
      liveness: probe.optional(),
    })
    .optional(),
  sidecars: z.record(name, sidecar).optional(),
  /** In the order in which they run. */
  initContainers: z.array(initContainer).optional(),
  /** Of a service; absent for jobs, whose `retries` say it. */
  restart: restart.optional(),
})
export type TaskTemplate = z.infer<typeof taskTemplate>

/** The restart policy of a service that declares none. */
export const defaultRestart: Restart = {
  policy: 'always',
  delayMs: 1000,
  maxDelayMs: 300_000,
  resetAfterMs: 600_000,
}
