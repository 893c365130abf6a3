// Rules of jobs, storage, configs, ingresses, outputs and acknowledgements (GT216x to GT219x), and of inputs
// (GT22xx).

import type { CodeEntry } from './entry.ts'

export const declarationCodes = {
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
    text: "Each slot of a service has a volume of its own, so such a volume belongs to one service or job. Runs of a cron that go on side by side (overlap 'allow') are two owners as well. Give each its own, or make it 'shared'.",
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
  GT2185: {
    title: 'a host that no public certificate can be had for',
    text: "With tls 'auto' a public authority is asked for a certificate, and it asks the host in turn. So the name has to be public, and that of one host: no '*.example.org', no 'localhost', no name without a dot.",
    wrong: "host: '*.shop.example', tls: 'auto'",
    right: "host: '*.shop.example', tls: 'internal'",
  },
  GT2186: {
    title: 'a host that is served in two ways',
    text: 'Several ingresses may share a host, and a connection is made before its path is known. So tls is the same in all of them.',
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
} as const satisfies Readonly<Record<string, CodeEntry>>
