// What the workers of one host share. Data only.

import type { Clock, Logger } from '../model/index.ts'
import type { Crew } from './crew.ts'
import type { Engine } from './engine.ts'
import type { Fences } from './fences.ts'
import type { Images } from './images.ts'
import type { Inventory } from './inventory.ts'
import type { Ledger } from './ledger.ts'
import type { Networks } from './networks.ts'
import type { Outbox } from './outbox.ts'
import type { Prober, Publisher, SecretFiles } from './ports.ts'
import type { Publishing } from './publishing.ts'

export interface Shop {
  readonly node: string
  readonly cluster: string
  readonly clock: Clock
  readonly logger: Logger
  readonly engine: Engine
  readonly prober: Prober
  readonly publisher: Publisher
  readonly secretFiles: SecretFiles
  readonly inventory: Inventory
  readonly ledger: Ledger
  readonly fences: Fences
  readonly images: Images
  readonly networks: Networks
  readonly publishing: Publishing
  readonly outbox: Outbox
  readonly crew: Crew
}
