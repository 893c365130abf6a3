// The larger parts of a service: build, deploy, develop, networks, ports. Data only.

import { changed, changedData, mapped, mappedData, refused, refusedBut } from './rule.ts'
import type { Rules } from './rule.ts'

const byContent = 'an image is built when its folder has changed, and tagged by its content'

export const buildRules: Rules = {
  '': mapped('build()'),
  additional_contexts: refused('an image is built from one folder', 'copy what it needs into the folder'),
  args: mappedData('args'),
  cache_from: changed(byContent),
  cache_to: changed(byContent),
  context: mapped('the folder of build()'),
  dockerfile: mapped('dockerfile'),
  dockerfile_inline: refused('the Dockerfile is a file of the folder', 'write it there'),
  entitlements: refused('a build has no special rights'),
  extra_hosts: refused('a build has no host names of its own'),
  isolation: refused('gantry builds no Windows images'),
  labels: refused('build() sets no labels', 'write LABEL in the Dockerfile'),
  network: refused('a build has the network of the engine'),
  no_cache: changed(byContent),
  platforms: refused(
    'an image is built for the engine that builds it',
    'name an image that was built for several',
  ),
  privileged: refusedBut([false], 'a build has no special rights'),
  provenance: refused('build() attests nothing', 'build and push the image in your CI'),
  pull: changed(byContent, 'write digests in the Dockerfile'),
  sbom: refused('build() attests nothing', 'build and push the image in your CI'),
  secrets: refused('a build is given no secrets', 'build and push the image in your CI'),
  shm_size: refused('a build has the shared memory of the engine'),
  ssh: refused('a build is given no keys', 'build and push the image in your CI'),
  tags: changed('the tag is made from the content of the folder'),
  target: mapped('target of build()'),
  ulimits: refused('a build has the limits of the engine'),
}

const rollbackIs = 'a rollback is a rollout of the last good revision, with the same settings'
const restartIn = 'restart'

export const deployRules: Rules = {
  '': mapped('replicas, resources, placement, restart and rollout'),
  endpoint_mode: mapped('every service has one address that leads to all of its tasks'),
  labels: changedData('they are labels of the containers: a service has none of its own'),
  mode: mapped("replicas, 'per-node', or job()"),
  placement: mapped('placement'),
  'placement.constraints': mapped('require'),
  'placement.preferences': mapped('spread'),
  'placement.preferences.[].spread': mapped('spread'),
  'placement.max_replicas_per_node': mapped('max … per node'),
  replicas: mapped('replicas'),
  resources: mapped('resources'),
  'resources.limits': mapped('resources'),
  'resources.limits.cpus': mapped('cpuLimit'),
  'resources.limits.memory': mapped('memoryLimit'),
  'resources.limits.pids': mapped('pids'),
  'resources.reservations': mapped('resources'),
  'resources.reservations.cpus': mapped('cpu'),
  'resources.reservations.memory': mapped('memory'),
  'resources.reservations.devices': mapped('gpus'),
  'resources.reservations.devices.[].capabilities': mapped('gpus'),
  'resources.reservations.devices.[].count': mapped('gpus'),
  'resources.reservations.devices.[].device_ids': changed('GPUs are counted and not chosen one by one'),
  'resources.reservations.devices.[].driver': mapped('kind'),
  'resources.reservations.devices.[].options': refused('devices are handed over without options'),
  'resources.reservations.generic_resources': refused(
    'nodes have cpu, memory, devices and GPUs, and no resources of other kinds',
    'label the nodes and write a placement',
  ),
  restart_policy: mapped(restartIn),
  'restart_policy.condition': mapped('policy'),
  'restart_policy.delay': mapped('delay'),
  'restart_policy.max_attempts': refused(
    'restarts are not counted: the wait between them doubles, and a task that goes on failing is moved',
    'see restart.maxDelay and reschedule',
  ),
  'restart_policy.window': changed(
    'it is resetAfter: health after which the wait between restarts begins anew',
  ),
  rollback_config: changed(rollbackIs),
  'rollback_config.parallelism': changed(rollbackIs),
  'rollback_config.delay': changed(rollbackIs),
  'rollback_config.failure_action': changed(rollbackIs),
  'rollback_config.monitor': changed(rollbackIs),
  'rollback_config.max_failure_ratio': changed(rollbackIs),
  'rollback_config.order': changed(rollbackIs),
  update_config: mapped('rollout'),
  'update_config.parallelism': mapped('batch'),
  'update_config.delay': mapped('pause'),
  'update_config.failure_action': mapped('onFailure'),
  'update_config.monitor': mapped('minHealthy'),
  'update_config.max_failure_ratio': refusedBut(
    [0],
    'a rollout fails with the first task that does',
    "leave it out, or write onFailure: 'pause'",
  ),
  'update_config.order': mapped('order'),
}

export const developRules: Rules = {
  '': refused('files are not copied into running containers', 'gantry apply builds what has changed'),
}

const oneNetwork =
  'tasks of a stack have one network; who may talk to whom follows from references, dependsOn and reaches'
const ownAddress = 'addresses are given out by gantry'

export const serviceNetworkRules: Rules = {
  '': changed(oneNetwork),
  '*': changed(oneNetwork),
  '*.aliases': changed('a service has one name; where an alias stood in a variable, the service stands now'),
  '*.driver_opts': refused('the network of a stack has no options'),
  '*.gw_priority': changed(oneNetwork),
  '*.interface_name': refused('the network interface of a task is named by the engine'),
  '*.ipv4_address': refused(ownAddress, 'use the name of the service'),
  '*.ipv6_address': refused(ownAddress, 'use the name of the service'),
  '*.link_local_ips': refused(ownAddress),
  '*.mac_address': refused(ownAddress),
  '*.priority': changed(oneNetwork),
}

export const portRules: Rules = {
  '': mapped('ports'),
  '[].app_protocol': mapped('http(), grpc() or tcp()'),
  '[].host_ip': mapped('a published port is open on every address'),
  '[].mode': mapped('published or hostPort'),
  '[].name': mapped('the name of the port'),
  '[].protocol': mapped('tcp() or udp()'),
  '[].published': mapped('published'),
  '[].target': mapped('the port'),
}
