// From the container the agent asks for to the engine's own words. Pure. Invariant: nothing that was asked for is left
// out, and nothing is left to the engine's defaults that gantry decides: restarts, probes and log sizes.

import type Docker from 'dockerode'
import type { ContainerMount, ContainerOptions, ContainerRequest } from '../../agent/index.ts'

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
      LogConfig: logConfigOf(request.options.logging),
      ReadonlyRootfs: request.readOnlyRoot,
      Mounts: request.mounts.map(mountOf),
      ...memoryOf(request),
      ...(request.cpuReserve > 0 ? { CpuShares: sharesOf(request.cpuReserve) } : {}),
      ...(request.cpuLimit === undefined ? {} : { NanoCpus: request.cpuLimit * 1_000_000 }),
      ...kernelOptions(request.options),
    },
    NetworkingConfig: { EndpointsConfig: { [request.network]: { Aliases: [...request.aliases] } } },
  }
}

/** Of gantry's own choice: what is written there is bounded. */
const ownLogs = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } }

function logConfigOf(logging: ContainerOptions['logging']): { Type: string; Config: Record<string, string> } {
  if (!logging) return ownLogs
  const { driver, options } = logging
  const bounds = driver === ownLogs.Type ? ownLogs.Config : {}
  return { Type: driver, Config: { ...bounds, ...options } }
}

/** Without `MemorySwap` a container may take as much again in swap. */
function memoryOf({ memory, options }: ContainerRequest): Docker.HostConfig {
  const limit = options.memoryLimit ?? memory
  return {
    ...(limit > 0 ? { Memory: limit, MemorySwap: limit } : {}),
    ...(memory > 0 && memory < limit ? { MemoryReservation: memory } : {}),
  }
}

function kernelOptions(options: ContainerOptions): Docker.HostConfig {
  const { capabilities, devices, seccomp, apparmor } = options
  const security = [
    ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
    ...(apparmor === undefined ? [] : [`apparmor=${apparmor}`]),
  ]
  return {
    ...(options.groups ? { GroupAdd: [...options.groups] } : {}),
    ...(options.pids === undefined ? {} : { PidsLimit: options.pids }),
    ...(options.shm === undefined ? {} : { ShmSize: options.shm }),
    ...(options.ulimits
      ? {
          Ulimits: Object.entries(options.ulimits).map(([Name, { soft, hard }]) => ({
            Name,
            Soft: soft,
            Hard: hard,
          })),
        }
      : {}),
    ...(devices
      ? {
          Devices: devices.map(({ host, container, access }) => ({
            PathOnHost: host,
            PathInContainer: container,
            CgroupPermissions: access,
          })),
        }
      : {}),
    ...(capabilities ? { CapAdd: [...capabilities.add], CapDrop: [...capabilities.drop] } : {}),
    ...(options.privileged ? { Privileged: true } : {}),
    ...(options.sysctls ? { Sysctls: { ...options.sysctls } } : {}),
    ...(security.length > 0 ? { SecurityOpt: security } : {}),
    ...(options.runtime === undefined ? {} : { Runtime: options.runtime }),
    ...(options.init === undefined ? {} : { Init: options.init }),
  }
}

function sharesOf(milliCpu: number): number {
  return Math.min(shares.most, Math.max(shares.least, Math.round((milliCpu * 1024) / 1000)))
}

function mountOf(mount: ContainerMount): Docker.MountSettings {
  if (mount.kind === 'memory')
    return {
      Type: 'tmpfs',
      Source: '',
      Target: mount.target,
      ReadOnly: mount.readOnly,
      // Whoever the container runs as may write, as in /tmp.
      TmpfsOptions: { SizeBytes: mount.size, Mode: 0o1777 },
    }
  return {
    Type: mount.kind,
    Source: mount.kind === 'volume' ? mount.volume : mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
  }
}
