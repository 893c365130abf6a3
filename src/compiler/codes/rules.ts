// Rules of names, references, containers, services and scaling: what fits the types and could not run.

import type { CodeEntry } from './entry.ts'

export const ruleCodes = {
  GT2001: {
    title: 'a port that the service does not declare',
    text: 'Ports are referred to by the names that the service gives them in its ports.',
  },
  GT2002: {
    title: 'something that is named by a text',
    text: 'What a service depends on, what it reaches and what runs before its rollouts is given as the handle that service() or job() returned. A name would still be there when what it names has gone.',
    wrong: "dependsOn: ['db']",
    right: "const db = service('db', { … })  …  dependsOn: [db]",
  },
  GT2003: {
    title: 'a name that is used twice',
    text: 'A name is an address: of services and jobs together, of volumes, and of secrets. Give one of the two another.',
  },
  GT2004: {
    title: 'something that cannot be a name',
    text: 'Names are parts of addresses and host names: lower-case letters, digits and "-", starting with a letter and not ending with "-", at most 40 characters.',
  },
  GT2005: {
    title: 'dependencies that go in a circle',
    text: 'Each waits for the other to be healthy, so neither would ever start. Take one of the dependencies away; a program that needs the other later can look for it itself.',
  },
  GT2006: {
    title: 'a declaration outside of the body of a stack',
    text: 'service(), job(), volume() and secret() declare part of a stack, so they are called in its body or in functions that are called from there.',
    wrong: "const db = service('db', { … })\nexport default stack('shop', {}, () => { … })",
    right: "export default stack('shop', {}, () => { const db = service('db', { … }) … })",
  },
  GT2007: {
    title: 'the body of a stack is not a function',
    text: 'stack() takes a name, an object of inputs (which may be empty) and a function.',
  },
  GT2101: {
    title: 'a port of the hosts that is used twice',
    text: 'A published port is one port of every host, and leads to one service. A host port is one port of the host that a task runs on, so no other port of the stack may be the same, published or not. Ports of tcp and of udp do not meet.',
    wrong: 'ports: { http: http(80, { published: 80 }), admin: http(81, { published: 80 }) }',
    right: 'ports: { http: http(80, { published: 80 }), admin: http(81, { published: 81 }) }',
  },
  GT2103: {
    title: 'several replicas would write a single-writer volume',
    text: "A volume with access 'single-writer' (the default) is written by one task at a time, because most programs break their data otherwise. If the program can share it, say so on the volume; if the tasks only read, mount it with .readOnly().",
  },
  GT2104: {
    title: 'start-first with a volume that one task at a time may write',
    text: 'With start-first the new task runs beside the old one for a while, and both would write the volume: the one of the service, or, where each replica has its own, that of their replica. stop-first is the default for such a service.',
    wrong: "mounts: { '/data': data }, onLost: 'fence', rollout: { order: 'start-first' }",
    right: "mounts: { '/data': data }, onLost: 'fence'",
  },
  GT2105: {
    title: 'two services or jobs write a single-writer volume',
    text: "A volume with access 'single-writer' is written by one task at a time. Two volumes of the same folder of a node or a server are one in this. Let one of the two mount it with .readOnly(), or make it 'shared' if both can write it at once.",
  },
  GT2106: {
    title: 'a path in a container in the wrong form',
    text: "Paths in a container are absolute and written in the shortest way: '/data', not '/data/' or '/a/../data'. Nothing is mounted at '/', at /run or below /run/secrets, and nothing at or below /proc, /sys and /dev, which the kernel makes.",
  },
  GT2108: {
    title: 'a probe of a port that does not fit',
    text: "A probe asks one of the service's own ports: an http probe one that is declared by http(), a grpc probe one by grpc(), a tcp probe any that takes connections, which a udp port does not.",
    wrong: "ports: { dns: udp(53) }, health: { tcp: 'dns' }",
    right: "ports: { dns: udp(53) }, health: { exec: ['dig', '@127.0.0.1', 'localhost'] }",
  },
  GT2109: {
    title: 'a number out of its range',
    text: 'The message says from where to where it may go.',
  },
  GT2112: {
    title: 'a text in the wrong form',
    text: "Names of variables, labels, users, groups, signals, log drivers, runtimes and stages of a Dockerfile have forms that the engine asks for. Labels that begin with 'gantry.' are gantry's own.",
  },
  GT2114: {
    title: 'a probe that contradicts itself',
    text: 'A probe asks one thing: an http path of a port, whether a tcp port takes connections, whether a command exits with 0, or the health service of a grpc port.',
    wrong: "health: { http: '/', port: 'http', exec: ['true'] }",
    right: "health: { http: '/', port: 'http' }",
  },
  GT2115: {
    title: 'a rollout that could never succeed',
    text: 'A new task counts once it has been healthy for minHealthy, and has failed when it does not count within the deadline. So the deadline is longer than minHealthy, by the time that a start takes.',
  },
  GT2120: {
    title: 'two things at one path of a container',
    text: 'A path in a container holds one thing: a volume, a config, or a device. Nothing is inside of a config, because that is a file.',
    wrong: "mounts: { '/etc/app': data }, configs: { '/etc/app': settings }",
    right: "mounts: { '/data': data }, configs: { '/etc/app': settings }",
  },
  GT2121: {
    title: 'a limit that the kernel does not have, or contradicts',
    text: 'Limits are named as in setrlimit(2) without RLIMIT_, in small letters: nofile, nproc, memlock. The soft limit is what counts, the hard one how far the process may raise it; -1 is unlimited.',
    wrong: 'resources: { ulimits: { openfiles: 65536 } }',
    right: 'resources: { ulimits: { nofile: 65536 } }',
  },
  GT2122: {
    title: 'an option that a privileged container has already',
    text: 'A privileged container has all capabilities and all devices, and is confined by nothing. What is written beside it would be ignored by the engine, and gantry ignores nothing silently.',
    wrong: "privileged: true, capabilities: { drop: ['NET_RAW'] }",
    right: "capabilities: { add: ['NET_ADMIN'], drop: ['NET_RAW'] }",
  },
  GT2123: {
    title: 'a capability that does not exist, or is both added and dropped',
    text: 'Capabilities are named as in capabilities(7) without CAP_, in capitals. ALL is all of them: drop ALL and add the few that are needed.',
    wrong: "capabilities: { add: ['cap_net_admin'] }",
    right: "capabilities: { add: ['NET_ADMIN'] }",
  },
  GT2124: {
    title: 'a setting of the kernel that is not of the container',
    text: "A container has settings of its own for what its namespaces separate: net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm*. All others are the node's, and would change it for everybody: its operator sets them.",
    wrong: "sysctls: { 'vm.max_map_count': 262144 }",
    right: "sysctls: { 'net.core.somaxconn': 1024 }",
  },
  GT2125: {
    title: 'a config that is not a seccomp profile',
    text: 'A profile is JSON: an object with a defaultAction and lists of calls, as the documentation of Docker describes it. It is known when the plan is made, so nothing in it refers to a port or a secret.',
    wrong: "seccomp: config('profile', { content: 'allow everything' })",
    right: "seccomp: config('profile', { file: './seccomp.json' })",
  },
  GT2126: {
    title: 'a wait for what never comes',
    text: "A service runs on, so it is 'started' or 'healthy'; a job ends, so it is 'completed'. A job with parameters runs when `gantry run` asks for it, and a service with 0 replicas has no task: nothing can wait for those.",
    wrong: "dependsOn: [{ on: migrate, until: 'healthy' }]",
    right: "dependsOn: [{ on: migrate, until: 'completed' }]",
  },
  GT2127: {
    title: 'health together with probes',
    text: 'health is one probe that says all of it: whether a task is ready, and whether it goes on. probes tells the states apart: startup, readiness, liveness. A service has one of the two.',
    wrong: "health: { tcp: 'pg' }, probes: { liveness: { tcp: 'pg' } }",
    right: "probes: { readiness: { exec: ['pg_isready'] }, liveness: { tcp: 'pg' } }",
  },
  GT2128: {
    title: "a single-writer volume without onLost: 'fence'",
    text: "A node that nobody hears from may still run its tasks. If another task took over the volume at once, both might write it. With onLost: 'fence' no other one starts until the lost one has ended for certain: its own node stops it when it has heard of no leader for fenceAfter. That costs that time, also where only the network failed, so it is written out. A volume that several may write at once is 'shared'; one for each task is 'per-replica'. A job or cron needs no such word: a try on a lost node counts as running, and no other one of it starts until that node says how it ended.",
    wrong: "service('db', { image: 'postgres:17', mounts: { '/var/lib/postgresql/data': data } })",
    right:
      "service('db', { image: 'postgres:17', mounts: { '/var/lib/postgresql/data': data }, onLost: 'fence' })",
  },
  GT2129: {
    title: 'fenceAfter without a fence',
    text: "fenceAfter is how long a fenced task goes on without a leader. Without onLost: 'fence' nothing fences it.",
    wrong: "fenceAfter: '30s'",
    right: "onLost: 'fence', fenceAfter: '30s'",
  },
  GT2130: {
    title: 'a new task beside the old one with a host port',
    text: 'A host port is held by one task at a time, so a new task cannot start on that node before the old one stops. stop-first is the default for such a service.',
    wrong: "ports: { dns: udp(53, { hostPort: 53 }) }, rollout: { order: 'start-first' }",
    right: 'ports: { dns: udp(53, { hostPort: 53 }) }',
  },
  GT2131: {
    title: 'a rollout that contradicts itself',
    text: 'canary replaces the tasks in steps, blueGreen starts all of the new ones beside the old ones and lets them take over at once. A rollout is one of the two. blueGreen decides the order itself: the new tasks start first, so it cannot be stop-first, and needs a volume that both may use.',
    wrong: "rollout: { canary: [{ tasks: 1 }], blueGreen: { pause: '5m' } }",
    right: "rollout: { blueGreen: { pause: '5m' } }",
  },
  GT2132: {
    title: 'steps of a canary that do not rise',
    text: 'Each step of a canary runs more tasks of the new revision than the one before it, and the last step leaves some of the old ones: what follows it is the rest, in batches. A share is rounded up.',
    wrong: "replicas: 4, rollout: { canary: [{ tasks: 2 }, { tasks: '25%' }] }",
    right: "replicas: 4, rollout: { canary: [{ tasks: '25%' }, { tasks: 2 }] }",
  },
  GT2133: {
    title: 'a rollout is judged, and nothing says whether a task is healthy',
    text: 'A gate, a canary and blueGreen decide by how the new tasks are doing. Without health or a readiness probe, a task counts as healthy while it runs, which would let almost everything pass.',
    wrong: "rollout: { canary: [{ tasks: 1, pause: '5m' }] }",
    right: "health: { http: '/healthz', port: 'http' }, rollout: { canary: [{ tasks: 1, pause: '5m' }] }",
  },
  GT2134: {
    title: 'a user by name who is to own the files of secrets',
    text: 'The file of a secret belongs to the user of the container and nobody else can read it. It is made before the container starts, when the number of a user is not known yet that only has a name inside of the image. Write the number: `docker run --rm image id name` shows it. Root needs none.',
    wrong: "user: 'postgres', env: { PASSWORD_FILE: password.file }",
    right: "user: '999', env: { PASSWORD_FILE: password.file }",
  },
  GT2135: {
    title: 'a budget in the wrong form',
    text: 'A budget says what has to be left standing, or what may be missing: one of minAvailable and maxUnavailable, not more than there are replicas.',
    wrong: 'budget: { minAvailable: 2, maxUnavailable: 1 }',
    right: 'budget: { minAvailable: 2 }',
  },
  GT2136: {
    title: 'a budget that forbids every rollout',
    text: 'With stop-first an old task stops before the new one starts, so that for a while one is missing. A budget that allows none to be missing would hold up every rollout and every drain for ever.',
    wrong: "replicas: 2, rollout: { order: 'stop-first' }, budget: { minAvailable: 2 }",
    right: "replicas: 2, rollout: { order: 'stop-first' }, budget: { minAvailable: 1 }",
  },
  GT2137: {
    title: 'memory that is more than the limit',
    text: 'What is written to /dev/shm or to a volume in memory counts as memory of the container. So neither may be larger than its memoryLimit, or than memory where there is no such limit: the kernel would kill the container before it is full.',
    wrong: "resources: { memory: '256Mi', shm: '1Gi' }",
    right: "resources: { memory: '1536Mi', shm: '1Gi' }",
  },
  GT2138: {
    title: 'one port of a container under two names',
    text: 'Only one program listens on a port, and it speaks one protocol. Declare the port once; ports of tcp and of udp do not meet.',
    wrong: 'ports: { web: http(8080), rpc: grpc(8080) }',
    right: 'ports: { web: http(8080), rpc: grpc(9090) }',
  },
  GT2301: {
    title: 'measured against a reservation that is not there',
    text: 'cpu and memory are measured in percent of what is reserved for a task. Without a reservation there is nothing to measure against.',
    wrong: 'replicas: scale({ min: 1, max: 4 })`cpu > 70% for 1m => +1`',
    right: "resources: { cpu: '250m' }, replicas: scale({ min: 1, max: 4 })`cpu > 70% for 1m => +1`",
  },
  GT2302: {
    title: 'requests are measured, and nothing takes any',
    text: 'requests, errors, p50, p95 and p99 are measured where requests come in: at http() and grpc() ports.',
    wrong: 'ports: { web: tcp(8080) }, replicas: scale({ min: 1, max: 4 })`requests / 50`',
    right: 'ports: { web: http(8080) }, replicas: scale({ min: 1, max: 4 })`requests / 50`',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
