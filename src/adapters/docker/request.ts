// From the container the agent asks for to the engine's own words. Pure. Invariant: nothing that was asked for is left
// out, and nothing is left to the engine's defaults that gantry decides: restarts, probes and log sizes.

import type Docker from 'dockerode'
import type { ContainerMount, ContainerRequest } from '../../agent/index.ts'

/** Of the kernel's, for `CpuShares`; 1024 stand for one core. */
const shares = { least: 2, most: 262_144 }

/** Body of `POST /containers/create`. */
export function createBody(request: ContainerRequest): Docker.ContainerCreateOptions {
  return {
    Image: request.image,
    Hostname: request.hostname,
    Env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...request.labels },
    ...(request.command ? { Entrypoint: [...request.command] } : {}),
    ...(request.args ? { Cmd: [...request.args] } : {}),
    ...(request.user === undefined ? {} : { User: request.user }),
    ...(request.workingDir === undefined ? {} : { WorkingDir: request.workingDir }),
    ...(request.stopSignal === undefined ? {} : { StopSignal: request.stopSignal }),
    // The image's own check would run beside ours, and nobody would look at what it finds.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: request.network,
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      ReadonlyRootfs: request.readOnlyRoot,
      Mounts: request.mounts.map(mountOf),
      // Without the second a container may take as much again in swap.
      ...(request.memory > 0 ? { Memory: request.memory, MemorySwap: request.memory } : {}),
      ...(request.cpuReserve > 0 ? { CpuShares: sharesOf(request.cpuReserve) } : {}),
      ...(request.cpuLimit === undefined ? {} : { NanoCpus: request.cpuLimit * 1_000_000 }),
    },
    NetworkingConfig: { EndpointsConfig: { [request.network]: { Aliases: [...request.aliases] } } },
  }
}

function sharesOf(milliCpu: number): number {
  return Math.min(shares.most, Math.max(shares.least, Math.round((milliCpu * 1024) / 1000)))
}

function mountOf(mount: ContainerMount): Docker.MountSettings {
  return {
    Type: mount.kind,
    Source: mount.kind === 'volume' ? mount.volume : mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
  }
}
