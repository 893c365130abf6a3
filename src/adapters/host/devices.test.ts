import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listDevices } from './devices.ts'

test('devices that matter for placing are listed, others are not', () => {
  const root = mkdtempSync(join(tmpdir(), 'gantry-dev-'))
  try {
    for (const name of ['kvm', 'null', 'tty1', 'nvidia0', 'nvidiactl', 'video10', 'sda'])
      writeFileSync(join(root, name), '')
    mkdirSync(join(root, 'dri', 'by-path'), { recursive: true })
    writeFileSync(join(root, 'dri', 'renderD128'), '')
    expect(listDevices(root)).toEqual(['/dev/dri/renderD128', '/dev/kvm', '/dev/nvidia0', '/dev/video10'])
    expect(listDevices(join(root, 'nowhere'))).toEqual([])
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})
