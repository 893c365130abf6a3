// What this version of the control plane cannot carry out yet, a code each: refused, or said and gone past where the rest
// of a stack is worth having without it. `gantry explain` prints these entries.
// Invariant: a code never changes its meaning; one that is carried out now leaves the table and is not used again.

export interface SupportEntry {
  /** Absent: what asks for it is refused. */
  readonly severity?: 'notice'
  /** One line, without a full stop. */
  readonly title: string
  /** What is missing, and what would happen if it were ignored. */
  readonly text: string
  /** What to do instead. */
  readonly fix: string
}

export const supportCodes = {
  GT6001: {
    title: 'One task on each node is not carried out yet',
    text: 'Services and jobs run a number of tasks that the stack names. Nothing starts a task when a node joins.',
    fix: 'say how many replicas a service has, with maxPerNode 1 to keep them apart; of a job, declare one for each node, with a placement that names it',
  },
  GT6002: {
    title: 'Scaling is not carried out yet',
    text: 'Nothing measures services yet, so no rule could hold and the number of replicas would never change.',
    fix: 'say how many replicas there are',
  },
  GT6003: {
    title: 'Canary steps are not carried out yet',
    text: 'A rollout goes on batch by batch by itself; it would not stop at a step.',
    fix: 'leave canary away; a small batch with minHealthy goes slowly too',
  },
  GT6004: {
    title: 'Blue-green rollouts are not carried out yet',
    text: 'A rollout replaces tasks batch by batch; old and new would serve side by side for a while.',
    fix: "leave blueGreen away; batch '100%' with start-first starts all new tasks beside the old ones",
  },
  GT6005: {
    title: 'Gates of rollouts are not carried out yet',
    text: 'Nothing measures services yet, so a gate could neither hold nor fail.',
    fix: 'leave the gate away; health and minHealthy decide how a rollout goes on',
  },
  GT6006: {
    title: 'A pause between batches is not carried out yet',
    text: 'The next batch would begin as soon as the last one is healthy.',
    fix: 'leave pause away, or give minHealthy the time',
  },
  GT6007: {
    title: 'A job before each rollout is not carried out yet',
    text: 'The job would not run before the new tasks start.',
    fix: 'declare a job of its own, and let the service depend on it',
  },
  GT6009: {
    title: 'Another reschedule policy than the default is not carried out yet',
    text: 'A task that fails is restarted on its node and is not moved to another.',
    fix: 'leave reschedule away',
  },
  GT6010: {
    title: 'Priorities are not carried out yet',
    text: 'No task makes way for another; the first to be placed keeps its room.',
    fix: 'leave priority away',
  },
  GT6011: {
    title: 'Sidecars are not carried out yet',
    text: 'A task is one container; the others would not be started.',
    fix: 'run it as a service of its own',
  },
  GT6012: {
    title: 'Init containers are not carried out yet',
    text: 'A task is one container; it would start without what the others prepare.',
    fix: 'use a job that the service depends on, or do it at the start of the main container',
  },
  GT6013: {
    title: 'Startup, readiness and liveness are not told apart yet',
    text: 'One probe decides whether a task is ready and alive.',
    fix: 'say it by health',
  },
  GT6015: {
    title: 'A udp port cannot be published yet',
    text: 'Published ports are carried by a proxy for TCP.',
    fix: 'leave publish away; other services of the stack reach the port',
  },
  GT6016: {
    title: 'Host ports are not carried out yet',
    text: 'Nothing keeps two tasks with one host port off one node.',
    fix: 'publish the port instead',
  },
  GT6017: {
    title: 'GPUs are not carried out yet',
    text: 'Nodes do not say which GPUs they have, so none can be reserved.',
    fix: 'name the devices of the node, and place the service on it',
  },
  GT6018: {
    title: 'Configs are not carried out yet',
    text: 'The files would be missing in the containers.',
    fix: 'build the file into the image, or hand it over in a variable',
  },
  GT6019: {
    title: 'Crons are not carried out yet',
    text: 'Nothing starts a run when it is due.',
    fix: 'start the job by a schedule of your own, such as cron of a host',
  },
  GT6020: {
    title: 'Jobs that are started by hand are not carried out yet',
    text: 'Nothing gives a run its parameters.',
    fix: 'leave parameters away: the job runs with the apply',
  },
  GT6021: {
    title: 'Jobs of several completions are not carried out yet',
    text: 'A job is one task at a time until one completes.',
    fix: 'declare several jobs',
  },
  GT6022: {
    title: 'A deadline of a job is not carried out yet',
    text: 'The job would go on as long as it takes.',
    fix: 'let the command end by itself, such as by timeout',
  },
  GT6023: {
    title: 'Exit codes that cost no try are not carried out yet',
    text: 'Each try with an exit code that is no success is one of the retries.',
    fix: 'give the job more retries',
  },
  GT6025: {
    title: 'This volume driver is not carried out yet',
    text: 'Volumes are folders of the node on which they are first used, or memory.',
    fix: "use the driver 'local' or 'tmpfs'",
  },
  GT6026: {
    title: 'This access of a volume is not carried out yet',
    text: 'A volume is one folder that one task or any number of them use.',
    fix: "use 'single-writer' with one replica, or 'shared'",
  },
  GT6027: {
    title: 'Backups of volumes are not carried out yet',
    text: 'Nothing takes snapshots.',
    fix: 'leave backup away, and copy the data by a job',
  },
  GT6028: {
    title: 'What a new value of a secret means is not carried out yet',
    text: 'Tasks keep the version of a secret that they began with.',
    fix: 'leave onChange away; a change of the service starts tasks with the new version',
  },
  GT6030: {
    title: 'Ingresses are not carried out yet',
    text: 'Nothing listens for the host names.',
    fix: 'publish the port of the service',
  },
  GT6031: {
    title: 'Outputs of stacks are not carried out yet',
    text: 'Nothing keeps what a stack hands out, and no other stack could read it.',
    fix: 'take the value as an input',
  },
  GT6034: {
    title: 'Placing tasks near or away from those of another service is not carried out yet',
    text: 'Tasks would be placed without regard to the other service.',
    fix: 'require a label of the node for both',
  },
  GT6038: {
    title: 'A service that is not always restarted is not carried out yet',
    text: 'The main container of a service is restarted whenever it ends, whatever its exit code.',
    fix: "restart it 'always', or declare a job",
  },
  GT6039: {
    severity: 'notice',
    title: 'Reachability is not enforced yet',
    text: 'Any task reaches the ports of every service of its stack, whether its program refers to them, names them in reaches, or does neither. Other stacks are kept apart.',
    fix: 'let services ask for a password where it matters, or put them into stacks of their own',
  },
  GT6040: {
    severity: 'notice',
    title: 'The size of a volume is not looked at yet',
    text: 'A local volume is a folder of its node. Its size is a request: no node is chosen by the room on its disk, and nothing keeps the folder from growing past it. The size of a tmpfs is kept.',
    fix: 'require a label of nodes that have the room, and watch their disks',
  },
  GT6042: {
    severity: 'notice',
    title: 'A task that fails is not moved to another node yet',
    text: 'The default of reschedule is another node after 3 failures in 5 minutes. It is not carried out: the task is restarted on its node, again and again. It is said only in a cluster of several nodes.',
    fix: 'look at the node when a task keeps failing; a placement that excludes it moves the tasks',
  },
} as const satisfies Record<string, SupportEntry>

export type SupportCode = keyof typeof supportCodes
