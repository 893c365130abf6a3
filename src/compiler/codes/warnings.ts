// Warnings: what runs, and is probably not meant. ack() answers for them.

import type { CodeEntry } from './entry.ts'

export const warningCodes = {
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
  GT4015: {
    title: "the node's own files in a container",
    text: 'Through the socket of the engine, or through folders such as /etc and /run as a whole, a container can do what root of the node can. Where only a file or a folder below is needed, bind that.',
    wrong: "volume('engine', { driver: { bind: '/var/run/docker.sock' } })",
    right: "volume('media', { driver: { bind: '/srv/media' } })",
  },
  GT4016: {
    title: "an image with the tag 'latest'",
    text: 'The tag moves with every push, so that the same document is another program tomorrow, and no rollback leads back.',
    wrong: "image: 'redis:latest'",
    right: "image: 'redis:8.2'",
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
  GT4024: {
    title: 'a secret that nothing uses',
    text: 'The secret is declared, so that a value for it is asked for or made, and no service, job, cron or config has it. If something outside of the stack needs it, acknowledge it.',
    wrong: "secret('token')",
    right: "const token = secret('token')  …  env: { TOKEN_FILE: token.file }",
  },
  GT4025: {
    title: 'a config that nothing uses',
    text: 'The config is declared, and no service, job or cron has it at a path of its containers.',
    wrong: "config('app', { file: './app.conf' })",
    right: "const app = config('app', { file: './app.conf' })  …  configs: { '/etc/app.conf': app }",
  },
  GT4026: {
    title: 'a wait for a service that may have no task',
    text: 'A service that scales to 0 has no task while there is nothing to do, so what depends on it may wait as long as that lasts.',
    wrong: 'replicas: scale({ min: 0, max: 4 })`queue("mail") / 10`',
    right: 'replicas: scale({ min: 1, max: 4 })`queue("mail") / 10`',
  },
  GT4027: {
    title: 'a route to a service without replicas',
    text: 'The service has 0 replicas, so requests for that route are answered by an error.',
  },
  GT4030: {
    title: 'a condition that always holds',
    text: 'It leaves nothing out, so it says nothing. Mostly "&&" was meant.',
    wrong: 'place`require node.zone != "a" || node.zone != "b"`',
    right: 'place`require node.zone != "a" && node.zone != "b"`',
  },
  GT4031: {
    title: 'rules that add tasks and take them away at once',
    text: 'Both conditions hold for some values of the measurement, so tasks would come and go. Leave a gap between the two.',
    wrong: 'scale({ min: 1, max: 9 })`cpu > 20% => +1; cpu < 70% => -1`',
    right: 'scale({ min: 1, max: 9 })`cpu > 70% => +1; cpu < 20% => -1`',
  },
  GT4032: {
    title: 'a scaling policy that adds no tasks',
    text: 'All of its steps go down, so the service is soon at its min and stays there.',
    wrong: 'scale({ min: 1, max: 9 })`cpu < 20% for 10m => -1`',
    right: 'scale({ min: 1, max: 9 })`cpu > 70% => +1; cpu < 20% for 10m => -1`',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>
