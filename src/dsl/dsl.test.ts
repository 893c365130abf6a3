// What the types of the language cost, and that the file that holds them stays small.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ProgramFiles } from '../compiler/files.ts'
import { typescriptChecker } from '../compiler/typescript/checker.ts'

/** A stack file with that many services, each with ports, a volume, a secret, a probe, and a reference to the one before. */
function stackOf(services: number): string {
  const declared = Array.from({ length: services }, (_, number) => {
    const peer = number === 0 ? '' : `PEER: text\`http://\${service${number - 1}.ports.http}/\`,`
    return `
  const password${number} = secret('password-${number}', { generate: { bytes: 24 } })
  const data${number} = volume('data-${number}', { size: '1Gi' })
  const service${number} = service('service-${number}', {
    image: 'registry.example/app-${number}:1.2.3',
    ports: { http: http(8080), metrics: tcp(9090) },
    env: { LOG: 'info', PASSWORD_FILE: password${number}.file, ${peer} },
    mounts: { '/data': data${number} },
    resources: { cpu: '100m', memory: '128Mi' },
    health: { http: '/healthz', port: 'http', every: '5s' },
    rollout: { minHealthy: '10s', onFailure: 'rollback' },
  })`
  })
  return `import { http, secret, service, stack, tcp, text, volume } from 'gantry'
export default stack('many', {}, () => {${declared.join('')}
})`
}

function instantiations(services: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-dsl-'))
  try {
    writeFileSync(join(folder, 'stack.ts'), stackOf(services))
    const program = typescriptChecker.open(new ProgramFiles(folder), 'stack.ts')
    expect(program.diagnose()).toEqual([])
    return program.instantiations()
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('a service with a volume and a secret takes at most 75 instantiations', () => {
  expect((instantiations(60) - instantiations(10)) / 50).toBeLessThanOrEqual(75)
})

test('the declarations stay in one file of less than 2,000 lines', () => {
  const lines = readFileSync(new URL('./index.ts', import.meta.url), 'utf8').split('\n')
  expect(lines.length).toBeLessThan(2000)
})
