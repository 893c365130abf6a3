// The folder that fuzzed programs stand in, with the modules and packages that the goldens import.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export class FuzzFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'gantry-fuzz-'))

  constructor() {
    const stacks = fileURLToPath(new URL('../golden/stacks/', import.meta.url))
    for (const each of ['modules', 'node_modules'])
      cpSync(join(stacks, each), join(this.path, each), { recursive: true })
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
