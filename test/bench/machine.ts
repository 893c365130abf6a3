// What the figures were measured on: without it a figure says nothing.

import { execFile } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

export interface Machine {
  readonly date: string
  readonly cores: number
  readonly cpu: string
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  readonly docker: string
  readonly nats: string
  /** Processes that wanted to run in the last 1, 5 and 15 minutes: what else was going on. */
  readonly load: readonly number[]
}

export async function describeMachine(): Promise<Machine> {
  const [first] = cpus()
  return {
    date: new Date().toISOString().slice(0, 16),
    cores: cpus().length,
    cpu: first?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    docker: await versionOf('dockerd'),
    nats: await versionOf('nats-server'),
    load: loadavg().map((each) => Math.round(each * 10) / 10),
  }
}

export function renderMachine(machine: Machine): string {
  const { date, cores, cpu, memoryGb, kernel, node, docker, nats, load } = machine
  return [
    `${date} UTC, ${cores} cores (${cpu}), ${memoryGb} GB, Linux ${kernel}`,
    `Node ${node}, dockerd ${docker}, nats-server ${nats}, load ${load.join(' ')}`,
  ].join('\n')
}

async function versionOf(program: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'])
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown'
  } catch {
    return 'none' // the benchmarks that need it say so
  }
}
