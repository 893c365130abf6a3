// Whether the ports a stack newly publishes are free on this host, which is the one-node cluster's only node: said
// before anything is applied. Invariant: a port that the cluster itself holds already is not its problem. The agent
// looks again when it opens them, since a port that is free now may be taken then.

import { describeHolder, portHolder } from '../adapters/host/index.ts'
import { Fault } from '../model/index.ts'
import type { ClusterView, StackDocument } from '../model/index.ts'

/** Throws a Fault for the first port that another process holds, or that needs rights we do not have. */
export async function requireFreePorts(
  document: StackDocument,
  view: ClusterView,
  address: string,
): Promise<void> {
  const held = new Set(view.services.flatMap((service) => service.published))
  for (const [name, { template }] of Object.entries(document.services))
    for (const { published } of Object.values(template.ports)) {
      if (published === undefined || held.has(published)) continue
      const holder = await portHolder(published, address)
      if (holder)
        throw new Fault({
          what: `${document.stack}/${name} publishes port ${published}, which is taken on this host`,
          why: `${describeHolder(holder)} listens there`,
          fix: 'stop it, or publish another port; nothing was applied',
        })
    }
}
