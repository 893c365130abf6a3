export { prober } from './prober.ts'
export { createPublisher } from './publisher.ts'
export type { PublisherOptions } from './publisher.ts'
export type { PortLimits } from './published-port.ts'
