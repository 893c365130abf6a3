// Every diagnostic the compiler can give, by its code. The first digit is the stage: 0 files, 1 types, 2 rules, 3 small
// languages, 4 warnings, 5 evaluation. Invariant: a code is never used for something else later, and each has a golden
// file in test/golden that shows it.

export interface CodeEntry {
  /** A few words, as a heading. */
  readonly title: string
  /** What it means and what to do, for `gantry explain`. */
  readonly text: string
  readonly wrong?: string
  readonly right?: string
}

export const codes = {
  GT0001: {
    title: 'an imported file cannot be read',
    text: 'A file that the stack imports is there, but cannot be read: it lacks rights, is a folder, is larger than 4 MiB, or is not UTF-8 text.',
  },
  GT0002: {
    title: "a path leads out of the stack's folder",
    text: 'A stack consists of the files from its own folder down. What lies elsewhere would be missing when the folder is copied or checked out alone, so neither relative imports nor build folders may lead there, symbolic links included. What several stacks share is a package.',
    wrong: "import { defaults } from '../shared/defaults.ts'",
    right: "import { defaults } from './shared/defaults.ts'",
  },
  GT0003: {
    title: 'an imported file does not exist',
    text: 'Paths of imports are relative to the file that imports. The extension .ts may be left out.',
  },
  GT0004: {
    title: 'a stack cannot use modules of Node or of the network',
    text: 'A stack is evaluated in a sandbox that has no files, network, processes or environment, so that the same program gives the same document on every machine and an untrusted one can be planned safely. What differs from run to run comes in as an input.',
    wrong: "import { hostname } from 'node:os'",
    right: "stack('shop', { host: input.string() }, ({ host }) => { … })",
  },
  GT0005: {
    title: 'a package that a stack cannot import',
    text: "A stack imports 'gantry', gantry's components ('gantry/std/…'), files of its own folder, and packages of npm that ship their source in TypeScript: the exports, types or main of their package.json lead to a .ts file. They are looked for in node_modules as Node does. A package of JavaScript, native code or modules of Node cannot be checked and run in the sandbox. 'gantry/testing' is for tests.",
    wrong: "import { merge } from 'lodash'",
    right: "import { merge } from './merge.ts'",
  },
  GT0006: {
    title: 'an import in a form that a stack does not have',
    text: 'A stack imports .ts files, and .json files as a whole, by import statements at the top of a file.',
    wrong: "import { port } from './settings.json'",
    right: "import settings from './settings.json'",
  },
  GT0007: {
    title: 'an imported JSON file is not JSON',
    text: 'JSON has no comments and no trailing commas; names are in double quotes.',
  },
  GT0008: {
    title: 'a stack file has no default export',
    text: 'gantry takes the default export of the file as the stack.',
    wrong: "stack('shop', {}, () => { … })",
    right: "export default stack('shop', {}, () => { … })",
  },
  GT0009: {
    title: 'the default export is not a stack',
    text: 'The default export of a stack file is what stack() returns.',
  },
  GT0010: {
    title: 'two stacks in one program',
    text: 'A stack file declares exactly one stack: it is the unit that is planned, applied and removed. Give each its own file; what they share goes into a module that both import.',
  },
  GT0011: {
    title: 'a folder to build from does not exist',
    text: "The folder of build() is relative to the stack file's folder, also when it is called in a module elsewhere.",
  },
  GT0012: {
    title: 'a folder to build from has no Dockerfile',
    text: 'The folder must hold a file named Dockerfile, or the one named by build(folder, { dockerfile }).',
  },
  GT0013: {
    title: 'a folder to build from cannot be read',
    text: 'An image is named by the content of its folder, so that an unchanged one is not built again. For that every file that .dockerignore does not leave out is read.',
  },
  GT1000: {
    title: 'a type error',
    text: "An error of TypeScript that has no words of gantry's own, in TypeScript's. --verbose shows all of it.",
  },
  GT1001: {
    title: 'a syntax error',
    text: 'The file is not TypeScript. The first error of a file is mostly the cause of those behind it.',
  },
  GT1002: {
    title: 'a field that does not exist',
    text: 'Options that do not exist are errors everywhere, also where a spread or a function hides them from the types: nothing is silently ignored.',
    wrong: "service('web', { image: 'web:1', replcas: 2 })",
    right: "service('web', { image: 'web:1', replicas: 2 })",
  },
  GT1003: {
    title: 'a field is missing',
    text: 'A few fields have no sensible default: the image of a service or job, the port of an http probe.',
  },
  GT1004: {
    title: 'a value of the wrong type',
    text: 'The message says what the field takes; the marked value is something else.',
  },
  GT1005: {
    title: 'a name that is not defined',
    text: "Nothing of that name is declared, imported or built in. The words of gantry are imported: import { service } from 'gantry'.",
  },
  GT1006: {
    title: 'something that a stack does not have',
    text: 'A stack is evaluated without clock, chance, network, files, processes, environment or waiting, so that the same program and inputs give the same document, on every machine. Everything of JavaScript that would break this does not exist in it.',
    wrong: 'env: { STARTED: String(Date.now()), HOME: process.env.HOME }',
    right: "stack('shop', { home: input.string() }, ({ home }) => { … env: { HOME: home } … })",
  },
  GT1007: {
    title: "something that 'gantry' does not have",
    text: "The module 'gantry' exports no such word.",
  },
  GT1008: {
    title: 'a word is called with too few or too many arguments',
    text: 'Hover over the word in an editor to see what it takes.',
  },
  GT1009: {
    title: 'a member that does not exist',
    text: 'The value has no member of that name.',
  },
  GT1010: {
    title: 'a stack cannot be async',
    text: 'The body of a stack is run once, from its beginning to its end, while the plan is made. There is nothing to wait for: no network, no files. What must wait for what when the stack runs is said by dependsOn.',
    wrong: "export default stack('shop', {}, async () => { … })",
    right: "export default stack('shop', {}, () => { … })",
  },
  GT1011: {
    title: 'used before it is declared',
    text: 'A constant has no value above the line that declares it. Move the declaration up.',
  },
  GT1012: {
    title: 'syntax that is more than types',
    text: 'Types are cut out of a stack before it runs; what remains is JavaScript. So what makes code of its own (enums, namespaces, decorators, members in the parameters of a constructor, import x = require()) is not part of a stack.',
    wrong: 'enum Stage { Dev, Prod }',
    right: "type Stage = 'dev' | 'prod'",
  },
  GT1013: {
    title: 'a comparison that is never true',
    text: 'The value is one of a few texts, and what it is compared with is none of them, so the branch would never be taken.',
    wrong: "input.oneOf('dev', 'prod') … stage === 'production'",
    right: "stage === 'prod'",
  },
  GT1101: {
    title: 'an amount of cores in the wrong form',
    text: "Cores are written in thousandths ('250m') or as a decimal ('2', '0.5', at most three decimals), without sign, blanks or exponent.",
    wrong: "resources: { cpu: '2 cores' }",
    right: "resources: { cpu: '2' }",
  },
  GT1102: {
    title: 'a size in the wrong form',
    text: "Sizes are written in powers of 1,024: Ki, Mi, Gi or Ti, with at most three decimals and without sign, blanks, exponent or leading zeros. 'MB' means half a dozen things, so it is not accepted.",
    wrong: "resources: { memory: '512MB' }",
    right: "resources: { memory: '512Mi' }",
  },
  GT1103: {
    title: 'a time in the wrong form',
    text: "Spans of time are a number and one of ms, s, m, h and d: '250ms', '30s', '1.5h'.",
    wrong: "health: { http: '/', port: 'http', every: '5sec' }",
    right: "health: { http: '/', port: 'http', every: '5s' }",
  },
  GT1104: {
    title: 'a share in the wrong form',
    text: "A share is more than 0% and at most 100%: '25%'. A plain number is a count.",
  },
  GT1105: {
    title: 'an image in the wrong form',
    text: "An image is named by its repository and a tag or a digest: 'postgres:17', 'registry.example:5000/shop/api:2.1'. Without a version the same document would mean another image tomorrow. An image of the stack's own is built: build('./api').",
    wrong: "image: 'postgres'",
    right: "image: 'postgres:17'",
  },
  GT1201: {
    title: 'a secret would become plain text',
    text: 'The value of a secret is not known while the plan is made, and must never be part of a document, a plan or a log. Hand over the path of its file, which works for most programs, or build the text where the task runs with text`…`.',
    wrong: 'args: [`--token=${token}`]',
    right: 'env: { TOKEN_FILE: token.file }',
  },
  GT1202: {
    title: 'something without a text would become text',
    text: 'The address of a port is known where the task runs, not while the plan is made; volumes and services have no text at all. text`…` puts a string together where the task runs.',
    wrong: 'env: { API: `http://${api.ports.http}/` }',
    right: 'env: { API: text`http://${api.ports.http}/` }',
  },
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
    text: "A volume with access 'single-writer' is written by one task at a time. Let one of the two mount it with .readOnly(), or make it 'shared' if both can write it at once.",
  },
  GT2106: {
    title: 'a path in a container in the wrong form',
    text: "Paths in a container are absolute and written in the shortest way: '/data', not '/data/' or '/a/../data'. Nothing is mounted at '/' or below /run/secrets.",
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
    text: "Names of variables, labels, users, groups, signals, log drivers and runtimes have forms that the engine asks for. Labels that begin with 'gantry.' are gantry's own.",
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
    text: "A service runs on, so it is 'started' or 'healthy'; a job ends, so it is 'completed'. A job with parameters runs when `gantry run` asks for it, and nothing can wait for that.",
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
    text: "A node that nobody hears from may still run its tasks. If another task took over the volume at once, both might write it. With onLost: 'fence' the lost task stops by itself after fenceAfter without a leader, and only then the other one starts. That costs those seconds, so it is written out. A volume that several may write at once is 'shared'; one for each task is 'per-replica'.",
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
  GT2160: {
    title: 'a job that does more at a time than it has to do',
    text: 'parallelism says how many of the completions run at a time, so it is at most their number.',
    wrong: 'completions: 2, parallelism: 4',
    right: 'completions: 4, parallelism: 2',
  },
  GT2161: {
    title: 'a job on each node that is counted as well',
    text: 'perNode means one completion on each node that fits, however many there are. So completions, parallelism and indexed have no meaning beside it.',
    wrong: 'perNode: true, completions: 3',
    right: 'perNode: true',
  },
  GT2162: {
    title: 'an exit code in the wrong place',
    text: 'exitCodes says what codes other than 0 mean. They go from 1 to 255, and each means one thing, so it stands in one list.',
    wrong: 'exitCodes: { fail: [2], retry: [2, 75] }',
    right: 'exitCodes: { fail: [2], retry: [75] }',
  },
  GT2163: {
    title: 'a parameter that a job cannot have',
    text: 'The parameters of a job become variables of its environment, so they have names like them; they are given by `gantry run`, so no variable of yours gives them. A secret is no parameter: use secret() and its .file.',
    wrong: "parameters: { 'batch-size': input.number() }",
    right: 'parameters: { BATCH_SIZE: input.number() }',
  },
  GT2164: {
    title: 'a parameter that is a variable already',
    text: 'A parameter of a job is a variable of its environment; env cannot have another of that name.',
  },
  GT2165: {
    title: 'a job with parameters that would have to start by itself',
    text: 'A job with parameters runs when `gantry run` asks for it, with the values that it is given there. Nothing else can wait for it, and no rollout can start it.',
  },
  GT2166: {
    title: 'a job that is run before rollouts and waited for as well',
    text: 'The before of a rollout runs for each rollout, and at no other time. What has it in dependsOn would wait for a run that no apply starts. Declare two jobs, or let what waits depend on the service instead.',
  },
  GT2168: {
    title: 'a schedule of runs that are kept',
    text: 'keep says how many backups are kept. Runs of a cron are kept as its history says.',
    wrong: 'schedule: every`day at 02:30 keep 7`',
    right: 'schedule: every`day at 02:30`, history: { succeeded: 7 }',
  },
  GT2169: {
    title: 'a time zone that does not exist',
    text: "Time zones have IANA names: 'Europe/Amsterdam', 'America/New_York', 'UTC'. Abbreviations and offsets say nothing of summer time.",
    wrong: "timezone: 'CEST'",
    right: "timezone: 'Europe/Amsterdam'",
  },
  GT2170: {
    title: 'a volume whose options contradict each other',
    text: "tmpfs is memory that each task has of its own and that is gone with it: its access is 'per-replica', and it is neither kept nor backed up. A folder of the node (bind) or of a server (nfs) is one folder, which gantry neither multiplies nor deletes. A volume that nobody may write has to come from outside, by bind, nfs or a plugin.",
    wrong: "volume('media', { driver: { bind: '/srv/media' }, access: 'per-replica' })",
    right: "volume('media', { driver: { bind: '/srv/media' }, access: 'shared' })",
  },
  GT2171: {
    title: 'a path of a node or server in the wrong form',
    text: "Paths are absolute, written in the shortest way ('/srv/media', not '/srv/media/' or '/srv/../media'), and not '/' itself.",
  },
  GT2172: {
    title: 'a backup that is kept for no time',
    text: 'A backup says when it is made and how many of them are kept.',
    wrong: 'backup: every`day at 02:30`',
    right: 'backup: every`day at 02:30 keep 7`',
  },
  GT2173: {
    title: "a 'per-replica' volume of two owners",
    text: "Each slot of a service has a volume of its own, so such a volume belongs to one service or job. Give each its own, or make it 'shared'.",
  },
  GT2175: {
    title: 'a config that is not one thing',
    text: 'A config is a file of the stack, a text (content), or a template with values: one of the three.',
    wrong: "config('nginx', { file: './nginx.conf', content: '…' })",
    right: "config('nginx', { file: './nginx.conf' })",
  },
  GT2176: {
    title: 'a file of a config that cannot be read',
    text: "The file is below the stack file's folder, is UTF-8 text without NUL, and has at most 512 KiB. Its path is relative to the stack file, also when config() is called in a module elsewhere.",
  },
  GT2177: {
    title: 'a template with a place that nothing fills',
    text: 'Each {{name}} of a template is a member of values, and names are letters, digits and "_". To have the characters {{ in the file, write {{{{ in the template.',
    wrong: "config('nginx', { template: './nginx.conf', values: { prot: 80 } })",
    right: "config('nginx', { template: './nginx.conf', values: { port: 80 } })",
  },
  GT2178: {
    title: 'a value that its template does not use',
    text: 'A value without a {{name}} in the template does nothing, so it is most likely misspelt.',
  },
  GT2179: {
    title: 'a file mode in the wrong form',
    text: "The mode of a file is written in four octal digits, as in '0444'.",
  },
  GT2181: {
    title: 'a host that cannot be one',
    text: "Hosts are names such as 'shop.example': labels of letters, digits and '-', in lower case, without scheme, port or path. The first label may be '*': every name one level below.",
    wrong: "host: 'https://shop.example/'",
    right: "host: 'shop.example'",
  },
  GT2182: {
    title: 'two routes for the same requests',
    text: 'A host and the prefix of a path lead to one service. Two ingresses may share a host as long as their prefixes differ.',
  },
  GT2183: {
    title: 'a path of a route in the wrong form',
    text: "A route is the prefix of a path: it begins with '/', is written in the shortest way ('/api', not '/api/'), and has no query and no blanks in it.",
  },
  GT2184: {
    title: 'plain HTTP that is sent to HTTPS which is off',
    text: "redirect sends plain HTTP to HTTPS. With tls 'off' there is none.",
  },
  GT2190: {
    title: 'an output with a secret in it',
    text: 'Outputs are shown by gantry and are handed to whoever refers to them. A stack that needs the secret of another declares a secret of its own.',
  },
  GT2191: {
    title: 'something that cannot be an output',
    text: "What the body of a stack returns are its outputs, by names of letters, digits, '_' and '-': strings, numbers, booleans, addresses of ports and texts. Without outputs it returns nothing.",
  },
  GT2192: {
    title: 'a stack that refers to its own outputs',
    text: 'Within a stack the values are at hand: use what the declarations returned.',
  },
  GT2195: {
    title: 'an acknowledgement of what is no warning',
    text: 'ack() answers for one of the warnings, whose codes begin with GT4, about a declaration of the stack or about all of it. Errors cannot be acknowledged.',
  },
  GT2196: {
    title: 'an acknowledgement without a reason',
    text: 'The reason is what others read in the plan instead of the warning: say why it is right as it is.',
  },
  GT2201: {
    title: 'an input that the stack does not have',
    text: 'Inputs are declared in the second argument of stack().',
  },
  GT2202: {
    title: 'an input is missing',
    text: 'An input without a default must be given: --input name=value.',
  },
  GT2203: {
    title: 'an input is not one of its values',
    text: 'The input takes one of a few texts, exactly as they are written in the stack.',
  },
  GT2204: {
    title: 'an input of the wrong type',
    text: "A number is written as a decimal such as 8080, -1.5 or 2e3; a boolean is 'true' or 'false'.",
  },
  GT2205: {
    title: 'an input that is declared wrongly',
    text: "Inputs are made by input.string(), input.number(), input.boolean() and input.oneOf('a', 'b'); options are default and description.",
  },
  GT2206: {
    title: 'a variable that cannot give an input',
    text: 'The env of an input is the name of a variable of the environment that gantry is run in: letters, digits and "_", not starting with a digit.',
  },
  GT2207: {
    title: 'a variable that gives two inputs',
    text: 'Each input has a variable of its own.',
  },
  GT2208: {
    title: 'a pattern that is none',
    text: 'A pattern is the part of a regular expression that can be matched in linear time: characters, classes, groups, |, *, +, ? and {2,5}. It has to match all of the text, so ^ and $ are not needed. Nothing looks ahead or back, and nothing refers to a group.',
    wrong: "input.string({ pattern: '(?=a)b' })",
    right: "input.string({ pattern: '[a-z][a-z0-9-]*' })",
  },
  GT2209: {
    title: 'limits that nothing could keep to',
    text: 'Lengths are whole numbers from 0, and the least is not more than the most.',
  },
  GT2210: {
    title: 'a default that its own input would refuse',
    text: 'A default is a value like any other: it matches the pattern and keeps to the limits of its input.',
  },
  GT2211: {
    title: 'an input outside of its limits',
    text: 'The stack declares what the input may be: a pattern, lengths, or a range.',
  },
  GT2212: {
    title: 'a secret that is given as a plain input',
    text: 'The value of a secret never enters the compiler, its cache or a document: it is set beside them. Declare it with input.secret(), and set it by `gantry secret set`, or where gantry asks for the secrets among the inputs.',
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
  GT3101: {
    title: 'a character that means nothing',
    text: 'The small languages are written in names, texts in quotes, numbers with their units, and signs such as ==, &&, => and ;. Comments are not part of them.',
    wrong: 'place`require node.os # "linux"`',
    right: 'place`require node.os == "linux"`',
  },
  GT3102: {
    title: 'something else was expected',
    text: 'A placement and a scaling policy are lists of rules, separated by ";"; a gate is one condition. A condition compares an attribute or a measurement with a value. The message says what may stand at the marked place.',
    wrong: 'place`require node.labels.disk = ssd`',
    right: 'place`require node.labels.disk == "ssd"`',
  },
  GT3103: {
    title: 'an unknown name',
    text: 'There is no such rule, attribute, measurement, unit or day. Hover over place, scale, every and gate in an editor for those that there are.',
    wrong: 'scale({ min: 1, max: 9 })`cpuu > 70% => +1`',
    right: 'scale({ min: 1, max: 9 })`cpu > 70% => +1`',
  },
  GT3105: {
    title: 'a text that is not closed, or an escape that does not exist',
    text: 'A text begins and ends with the same mark, " or \', on one line. In it a backslash stands before ", \', `, $, { and itself, and makes \\n a new line and \\t a tab.',
    wrong: 'place`require node.os == "linux`',
    right: 'place`require node.os == "linux"`',
  },
  GT3106: {
    title: 'a text that is too long or nested too deep',
    text: 'Conditions go at most 8 deep, by parentheses, "!", "&&" and "||" within one another; a text has at most 10000 characters.',
  },
  GT3107: {
    title: 'a hole with something that does not fit',
    text: 'near and avoid take a service or a job. Where a text stands, a hole takes a string or a number; where a number stands, a number, or a string with its unit.',
    wrong: "place`avoid ${'db'}`",
    right: 'place`avoid ${db}`',
  },
  GT3201: {
    title: 'a value of the wrong kind or without its unit',
    text: 'Every attribute and measurement has a type: cpu, memory and errors are shares (70%), p50, p95 and p99 times (300ms), requests, queue and metric plain numbers, node.memory a size (4Gi), node.cpu cores (4, 250m).',
    wrong: 'gate`p99 < 300`',
    right: 'gate`p99 < 300ms`',
  },
  GT3202: {
    title: 'something that cannot be done with an attribute',
    text: 'Texts are equal or not, or one of a list: they have no order. Numbers have one, and are in no list. What is divided by what one task can take is work that the tasks share: queue, requests or metric.',
    wrong: 'place`require node.zone > "a"`',
    right: 'place`require node.zone in ("b", "c")`',
  },
  GT3203: {
    title: 'a condition that can never hold',
    text: 'No value fits all of it: two comparisons of one attribute leave none over, or the attribute never has such a value. Mostly "||" was meant, or in ("a", "b").',
    wrong: 'place`require node.zone == "a" && node.zone == "b"`',
    right: 'place`require node.zone in ("a", "b")`',
  },
  GT3204: {
    title: 'a number out of its range in a small language',
    text: 'The message says from where to where it may go.',
    wrong: 'place`spread zone weight 500`',
    right: 'place`spread zone weight 100`',
  },
  GT3205: {
    title: 'something that is said twice',
    text: 'The second time it either changes nothing or contradicts the first.',
    wrong: 'place`max 1 per node; max 2 per node`',
    right: 'place`max 2 per node`',
  },
  GT3206: {
    title: 'a time that does not exist',
    text: 'Times of day are written with two digits each, from 00:00 to 23:59; minutes of an hour from :00 to :59.',
    wrong: 'every`day at 24:00`',
    right: 'every`day at 00:00`',
  },
  GT3207: {
    title: 'fields of cron in the wrong form',
    text: 'Five fields: minute (0 to 59), hour (0 to 23), day of the month (1 to 31), month (1 to 12, or jan to dec), day of the week (0 to 7, or sun to sat). Each is *, a number, a range 1-5, either with a step such as */15, or a list of these.',
    wrong: "every('30 25 * * *')",
    right: "every('30 23 * * *')",
  },
  GT3208: {
    title: 'a schedule that is never due',
    text: 'Each field is right, but none of the months has such a day.',
    wrong: "every('0 0 30 2 *')",
    right: "every('0 0 28 2 *')",
  },
  GT3209: {
    title: 'bounds of a scaling policy that leave nothing between',
    text: 'min is at most max. An entry of the schedule that gives one of the two has the other from the policy.',
    wrong: 'scale({ min: 5, max: 2 })`cpu > 70% => +1`',
    right: 'scale({ min: 2, max: 5 })`cpu > 70% => +1`',
  },
  GT3210: {
    title: 'a comparison of two values, or of two attributes',
    text: 'A comparison is about one attribute or measurement and one value.',
    wrong: 'gate`p99 < p50`',
    right: 'gate`p99 < 300ms`',
  },
  GT3211: {
    title: 'a schedule that does not fit its place',
    text: 'An entry of the schedule of scale() begins at a time of day or month. "keep" belongs to backups.',
    wrong: 'schedule: [{ at: every`15 minutes`, min: 4 }]',
    right: 'schedule: [{ at: every`weekday at 08:00`, min: 4 }]',
  },
  GT4001: {
    title: "a secret's value in the environment of a container",
    text: 'A text with a secret in it is put together where the task runs, but then stands in the environment of the container, where `docker inspect` and every process in it can see it. Hand over its file where the program can read one.',
    wrong: 'env: { PASSWORD: text`${password}` }',
    right: 'env: { PASSWORD_FILE: password.file }',
  },
  GT4002: {
    title: 'not all combinations of the inputs were checked',
    text: 'check evaluates the stack for every combination of the inputs that have few values, but not for more than 64. Each value was tried at least once as long as that is enough.',
  },
  GT4010: {
    title: 'a privileged container',
    text: 'It has all capabilities and all devices of the node and is confined by nothing: whoever breaks into it is root on the node. Mostly a capability or a device is enough.',
    wrong: 'privileged: true',
    right: "capabilities: { add: ['NET_ADMIN'] }",
  },
  GT4011: {
    title: 'a container that is not confined',
    text: "seccomp and AppArmor keep a container from the calls of the kernel that containers do not need, and through which most of those that break out do. Instead of 'unconfined', name a profile that allows what is needed.",
  },
  GT4012: {
    title: 'devices of the node in a container',
    text: 'A device is not divided: the container does to it what any process of the node could, and nobody else is kept from using it.',
  },
  GT4013: {
    title: 'a capability that is nearly root',
    text: 'With ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, SYS_RAWIO, BPF or DAC_READ_SEARCH a process can leave its container.',
  },
  GT4014: {
    title: 'a probe that may take longer than the time to the next',
    text: 'Probes of a task follow each other. One that takes longer than every keeps the next one waiting, so that a failure is noticed later than it seems.',
    wrong: "health: { tcp: 'pg', every: '1s', timeout: '5s' }",
    right: "health: { tcp: 'pg', every: '5s', timeout: '1s' }",
  },
  GT4020: {
    title: 'an acknowledgement of a warning that is not given',
    text: 'Nothing in the stack is warned of by that code, or not what ack() names. Take it away, so that it does not hide a warning to come.',
  },
  GT4021: {
    title: 'a volume that nothing mounts',
    text: 'The volume is declared and never used. If its data is to be kept for later, acknowledge it.',
  },
  GT4022: {
    title: 'a config with a secret that everybody may read',
    text: "A config with a secret in it is put together where the task runs and is never part of a document. But with the mode '0444' every program in the container can read it. Files of secrets have '0400'.",
    wrong: "config('app', { content: text`password = ${password}` })",
    right: "config('app', { content: text`password = ${password}`, mode: '0400' })",
  },
  GT4023: {
    title: 'many tasks on one node because of their data',
    text: 'The data of a local volume is a folder of one node, and tasks follow it. So all tasks of a service that share such a volume run on that node, and are lost with it. For tasks on several nodes the data has to be on a server: driver: { nfs: … } or a plugin.',
  },
  GT4030: {
    title: 'a condition that always holds',
    text: 'It leaves nothing out, so it says nothing. Mostly "&&" was meant.',
    wrong: 'place`require node.zone != "a" || node.zone != "b"`',
    right: 'place`require node.zone != "a" && node.zone != "b"`',
  },
  GT5001: {
    title: 'the stack throws an error',
    text: 'The program itself threw, or did something that JavaScript does not allow. The marked place is where; the places below are the calls that led there.',
  },
  GT5002: {
    title: 'the stack does not end',
    text: 'The evaluation was stopped after a fixed number of loops and calls, the same on every machine. A stack that declares thousands of services needs a hundredth of it.',
  },
  GT5003: {
    title: 'the stack takes too long',
    text: 'The evaluation was stopped by the clock.',
  },
  GT5004: {
    title: 'calls without end',
    text: 'A function calls itself, directly or through others, deeper than the sandbox allows; or a value is nested too deep.',
  },
  GT5005: {
    title: 'the stack needs too much memory',
    text: 'The sandbox has 128 MiB, which is enough for tens of thousands of declarations.',
  },
  GT5006: {
    title: 'a stack declares too much',
    text: 'A stack declares at most 50,000 services, jobs, volumes and the like. More come of a loop that was not meant, mostly.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>

export type Code = keyof typeof codes

/** Columns of the long form. */
const explainWidth = 80

/** The long form of a diagnostic, for `gantry explain`; undefined for a code that does not exist. */
export function explain(code: string): string | undefined {
  const entry: CodeEntry | undefined = Object.hasOwn(codes, code) ? codes[code as Code] : undefined // it is one of them
  if (!entry) return undefined
  const example = (heading: string, text: string | undefined): string[] =>
    text === undefined ? [] : ['', `${heading}:`, '', text.replaceAll(/^/gm, '    ')]
  return [
    `${code}: ${entry.title}`,
    '',
    wrapWords(entry.text),
    ...example('Wrong', entry.wrong),
    ...example('Right', entry.right),
  ].join('\n')
}

function wrapWords(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > explainWidth) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}
