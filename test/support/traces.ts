// What a test run leaves on the host, and how the next one clears it away: folders that name their owner, processes,
// control groups, mounts. Invariant: nothing is touched that does not lie in a folder, a group or a network namespace
// of a run that is gone.

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Makes `folder` for this process; false when somebody has it. It appears with its owner's name in it, so a half-made one is never seen. */
export function takeFolder(base: string, folder: string): boolean {
  mkdirSync(base, { recursive: true })
  const made = mkdtempSync(join(base, 'new-'))
  writeFileSync(join(made, ownerName(process.pid)), '')
  try {
    renameSync(made, folder)
    return true
  } catch {
    rmSync(made, { recursive: true, force: true })
    return false
  }
}

/** Calls `clear` with the name of each folder whose owner is gone. Whoever renames the owner's file has the folder. */
export function sweepFolders(base: string, clear: (entry: string) => void): void {
  if (!existsSync(base)) return
  for (const entry of readdirSync(base)) {
    const folder = join(base, entry)
    let owner: string | undefined
    try {
      owner = readdirSync(folder).find((file) => file.startsWith('owner.'))
    } catch {
      continue // its owner has just removed it
    }
    if (owner === undefined) continue
    const pid = Number(owner.split('.')[1])
    if (existsSync(`/proc/${pid}`) && owner === ownerName(pid)) continue
    try {
      renameSync(join(folder, owner), join(folder, ownerName(process.pid)))
    } catch {
      continue // another test run was quicker
    }
    clear(entry)
  }
}

/** A process is known by its number and the moment it started, because numbers are used again. */
function ownerName(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
  return `owner.${pid}.${started}`
}

/** Kills what `find` finds until it finds nothing; some start others while they are looked for. */
export function killAll(find: () => readonly number[]): void {
  for (let round = 0; round < 5; round += 1) {
    const left = find()
    for (const pid of left)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // ended by itself
      }
    if (left.length === 0) break
    spawnSync('sleep', ['0.1'])
  }
}

/** Processes whose program has such a name and one of whose arguments holds the text. */
export function processesNaming(program: RegExp, text: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        const [first = '', ...rest] = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
        return program.test(first) && rest.join(' ').includes(text)
      } catch {
        return false
      }
    })
    .map(Number)
}

/** Folders of the control groups below the one of that name in every hierarchy, the deepest first. */
function cgroupsOf(name: string): string[] {
  const root = '/sys/fs/cgroup'
  const found: string[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) visit(join(folder, entry.name))
    found.push(folder)
  }
  for (const top of [root, ...readdirSync(root).map((entry) => join(root, entry))].map((each) =>
    join(each, name),
  ))
    if (existsSync(top)) visit(top)
  return found
}

export function processesInCgroups(name: string): number[] {
  const found = new Set<number>()
  for (const group of cgroupsOf(name)) {
    const file = join(group, 'cgroup.procs')
    if (!existsSync(file)) continue
    for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') found.add(Number(line))
  }
  return [...found]
}

export function removeCgroups(name: string): void {
  for (const group of cgroupsOf(name))
    try {
      rmdirSync(group)
    } catch {
      // a process is just leaving it; an empty group does no harm
    }
}

export function unmountBelow(folder: string): void {
  for (const path of mountsBelow(folder)) spawnSync('umount', ['-l', path])
}

export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length)
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

/** Throws with what the command said when it fails. */
export function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  if (error) throw new Error(`${program}: ${error.message}`)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim()}`)
  return stdout
}
