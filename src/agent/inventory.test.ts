import { expect, test } from 'vitest'
import { Inventory } from './inventory.ts'
import { infoOf } from './testing.ts'

const task = 'hello.web.1.a'
const stateIn = (inventory: Inventory) => inventory.of(task).map(({ info }) => info.state)

test('a list that was asked for before a container started does not stop it again', () => {
  const inventory = new Inventory('cluster1', 'n1')
  const listed = inventory.stamp()
  inventory.take(infoOf(0), inventory.stamp())
  expect(inventory.takeList([infoOf(0, { state: 'created' })], listed)).toEqual(new Set())
  expect(stateIn(inventory)).toEqual(['running'])
})

test('a list that was asked for before a container was made does not lose it', () => {
  const inventory = new Inventory('cluster1', 'n1')
  const listed = inventory.stamp()
  inventory.take(infoOf(0), inventory.stamp())
  inventory.takeList([], listed)
  expect(stateIn(inventory)).toEqual(['running'])
})

test('a list that was asked for before a container was removed does not bring it back', () => {
  const inventory = new Inventory('cluster1', 'n1')
  inventory.take(infoOf(0), inventory.stamp())
  const listed = inventory.stamp()
  inventory.drop('c0')
  inventory.takeList([infoOf(0)], listed)
  expect(stateIn(inventory)).toEqual([])
})

test('a later list says what is there, and which tasks that changes', () => {
  const inventory = new Inventory('cluster1', 'n1')
  inventory.take(infoOf(0), inventory.stamp())
  expect(inventory.takeList([infoOf(0)], inventory.stamp())).toEqual(new Set())
  expect(inventory.takeList([infoOf(0, { state: 'exited' })], inventory.stamp())).toEqual(new Set([task]))
  expect(inventory.takeList([], inventory.stamp())).toEqual(new Set([task]))
  expect([...inventory.tasks()]).toEqual([])
})

test('containers of others are not seen', () => {
  const inventory = new Inventory('cluster1', 'n2')
  expect(inventory.take(infoOf(0), inventory.stamp())).toBeNull()
  expect(inventory.of(task)).toEqual([])
})
