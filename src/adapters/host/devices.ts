// Devices of this host that tasks could be given and that matter for where they run. It opens none of them.

import { readdirSync } from 'node:fs'

const single = ['kvm', 'fuse', 'kfd', 'vhost-net', 'vhost-vsock']
const folders = ['dri', 'accel', 'infiniband']
const numbered = /^(?:nvidia\d+|ttyUSB\d+|ttyACM\d+|video\d+|sgx_enclave)$/

/** Paths below /dev, sorted; empty where there is none. */
export function listDevices(root = '/dev'): string[] {
  const names = namesIn(root)
  return [
    ...names.filter((name) => single.includes(name) || numbered.test(name)).map((name) => `/dev/${name}`),
    ...folders
      .filter((folder) => names.includes(folder))
      .flatMap((folder) =>
        namesIn(`${root}/${folder}`)
          .filter((name) => !name.startsWith('by-'))
          .map((name) => `/dev/${folder}/${name}`),
      ),
  ].sort()
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // not there, or not for us to see
  }
}
