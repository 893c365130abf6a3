// What becomes of nodes, with real servers and agents on virtual time: drained, vanished at once, with a full disk.
import { expect, test } from 'vitest'
import { isHealthy, isOver, tasksOn } from '../../src/model/index.ts'
import type { World } from '../../src/sim/index.ts'
import { applied, joined, leaderOf, nodeOf } from './cluster.ts'
import { service, stack } from './stack.ts'

const web = (replicas: number) => stack({ services: { web: service({}, { replicas }) } })

const healthy = (world: World) =>
  [...world.state.tasks.values()].filter(
    (task) =>
      isHealthy(task) && task.desired === 'run' && world.state.nodes.get(task.node ?? '')?.status === 'ready',
  ).length

const left = (world: World, node: string) => tasksOn(world.state, node).filter((task) => !isOver(task)).length

test('a drain empties a node, and takes nothing out of service', async () => {
  const world = await joined({ nodes: 2 })
  await applied(world, web(4))
  world.invariant = () => expect(healthy(world)).toBeGreaterThanOrEqual(4)
  await world.ask('nodeUpdate', { node: 'n1', availability: 'drain' })
  await world.until('it is empty', () => left(world, 'n1') === 0, 120_000)
  await world.until('nothing runs there', () => nodeOf(world).host.running().length === 0)
  world.invariant = null
  expect(await world.ask('nodeInspect', { node: 'n1' })).toMatchObject({ node: { id: 'n1' }, tasks: [] })
  await expect(world.ask('nodeRemove', { node: 'n2', forgetVolumes: false })).rejects.toThrow(
    'n2 is ready and active',
  )
  await world.ask('nodeUpdate', { node: 'n1', availability: 'active' })
  expect(world.state.nodes.get('n1')).toMatchObject({ availability: 'active' })
})

test('nodes that vanish at once are not replaced, and go on when they are back', async () => {
  const world = await joined({ nodes: 6 })
  await applied(world, web(6))
  const before = [...world.state.tasks.keys()].sort()
  const gone = world.nodes.slice(0, 3)
  for (const node of gone) world.sever(node)
  await world.until('they are lost', () =>
    gone.every(({ id }) => world.state.nodes.get(id)?.status === 'lost'),
  )
  await world.pass(600_000)
  expect([...world.state.tasks.keys()].sort()).toEqual(before)
  expect(world.view.hold).toMatchObject({ of: 6, nodes: ['n1', 'n2', 'n3'] })
  for (const node of gone) world.heal(node)
  await world.until('the hold is over', () => world.view.hold === undefined)
  await world.pass(60_000)
  expect([...world.state.tasks.keys()].sort()).toEqual(before)
})

test('nodes that vanish at once are replaced when an operator says so', async () => {
  const world = await joined({ nodes: 6 })
  await applied(world, web(6))
  for (const node of world.nodes.slice(0, 3)) world.sever(node)
  await world.until('they are held back', () => world.view.hold?.nodes.length === 3)
  await world.ask('holdRelease', {})
  await world.until('all six run', () => healthy(world) === 6)
})

test('a host with a full disk says so, keeps its session over leaders, and runs on what it runs', async () => {
  const world = await joined({ servers: 3, nodes: 2 })
  await applied(world, web(2))
  const { id, host, disk } = nodeOf(world)
  const containers = host.running().map((each) => each.id)
  disk.isFull = true
  const leader = leaderOf(world)
  world.killServer(leader)
  await world.until('another leads', () => world.leader !== undefined, 20_000)
  world.startServer(leader)
  await world.until(
    'it is told',
    () => world.state.nodes.get(id)?.trouble?.includes('no space left') === true,
  )
  await world.pass(120_000)
  expect(world.state.nodes.get(id)?.status).toBe('ready')
  expect(host.running().map((each) => each.id)).toEqual(containers)
  disk.isFull = false
  await world.until('nothing is wrong any more', () => world.state.nodes.get(id)?.trouble === undefined)
})
