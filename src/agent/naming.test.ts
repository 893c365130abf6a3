import { expect, test } from 'vitest'
import { aliasesOf, containerName, networkName, ownedBy, volumeName } from './naming.ts'
import { infoOf } from './testing.ts'

test('a container is named by its task, and by its restart after the first', () => {
  expect(containerName('hello.web.1.k3', 0)).toBe('hello.web.1.k3')
  expect(containerName('hello.web.1.k3', 2)).toBe('hello.web.1.k3-r2')
})

test('names that differ in where a dash stands never meet', () => {
  expect(volumeName('c', 'a-b', 'c')).not.toBe(volumeName('c', 'a', 'b-c'))
  expect(networkName('c', 'a-b')).toBe('gantry.c.a-b')
})

test('two clusters on one engine share no network and no volume', () => {
  expect(networkName('abcdefgh1', 'hello')).not.toBe(networkName('bbcdefgh1', 'hello'))
  expect(volumeName('abcdefgh1', 'hello', 'data')).toBe('gantry.abcdefgh.hello.data')
})

test('a task is found by its service, its host name and its slot', () => {
  expect(aliasesOf({ stack: 'shop', name: 'api', slot: 3 })).toEqual([
    'api',
    'api.shop.internal',
    '3.api.shop.internal',
  ])
})

test('labels tell the task, the attempt and the grace; damaged ones count as none', () => {
  expect(ownedBy(infoOf(2), 'cluster1', 'n1')).toMatchObject({
    task: 'hello.web.1.a',
    attempt: 2,
    streak: 2,
    graceMs: 10_000,
  })
  const labels = { ...infoOf(2).labels, 'gantry.attempt': '-1', 'gantry.grace': 'soon' }
  expect(ownedBy(infoOf(2, { labels }), 'cluster1', 'n1')).toMatchObject({ attempt: 0, graceMs: 10_000 })
})

test.each([
  ['another node', 'cluster1', 'n2'],
  ['another cluster', 'cluster2', 'n1'],
])('a container of %s is not ours', (_, cluster, node) => {
  expect(ownedBy(infoOf(0), cluster, node)).toBeNull()
})
