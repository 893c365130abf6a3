// Certificates as Node and TLS see them.
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import { expect, test } from 'vitest'
import { natsHostName } from '../../model/index.ts'
import { createCa, fingerprintOf, isIssuedBy, issueCertificate, isWorn } from './index.ts'

const now = Date.UTC(2026, 10, 25)
const day = 24 * 60 * 60 * 1000
const ca = createCa('gantry', now)

test('a CA may sign certificates and nothing else', () => {
  const parsed = new X509Certificate(ca.certificate)
  expect(parsed).toMatchObject({ ca: true, subject: 'CN=gantry', issuer: 'CN=gantry' })
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(Date.parse(parsed.validTo)).toBeGreaterThan(now + 19 * 365 * day)
  expect(fingerprintOf(ca.certificate)).toBe(parsed.fingerprint256.replaceAll(':', '').toLowerCase())
})

test('a server is vouched for by its CA only, under the name of all servers and its addresses', () => {
  const hosts = ['10.1.2.3', 'fd00::12:3', '::ffff:10.0.0.1', 's1.example']
  const { certificate } = issueCertificate(ca, hosts, now)
  const parsed = new X509Certificate(certificate)
  expect(parsed.ca).toBe(false)
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  for (const name of [natsHostName, 's1.example']) expect(parsed.checkHost(name)).toBe(name)
  expect(parsed.subjectAltName).toContain('IP Address:10.1.2.3')
  expect(parsed.checkIP('fd00::12:3')).toBeDefined()
  expect(parsed.checkIP('10.1.2.4')).toBeUndefined()
  expect(isIssuedBy(certificate, ca.certificate)).toBe(true)
  expect(isIssuedBy(certificate, createCa('gantry', now).certificate)).toBe(false)
})

test('it is worn after two thirds of its life, or when the host has another address', () => {
  const { certificate } = issueCertificate(ca, ['10.1.2.3'], now)
  expect(isWorn(certificate, ['10.1.2.3'], now + 200 * day)).toBe(false)
  expect(isWorn(certificate, ['10.1.2.3'], now + 250 * day)).toBe(true)
  expect(isWorn(certificate, ['10.1.2.4'], now)).toBe(true)
})

test('TLS believes it, and no other', async () => {
  const own = createCa('gantry', Date.now())
  const { certificate, key } = issueCertificate(own, ['127.0.0.1'], Date.now())
  const server = createServer({ cert: certificate, key }, (socket) => socket.end('hello'))
  server.on('tlsClientError', () => undefined) // what the test is about
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const at = server.address()
  if (at === null || typeof at === 'string') throw new Error('no port')
  const shake = async (trusted: string, servername: string) => {
    const socket = connect({ port: at.port, host: '127.0.0.1', ca: trusted, servername })
    await once(socket, 'secureConnect')
    socket.destroy()
  }
  await shake(own.certificate, natsHostName)
  await expect(shake(own.certificate, 'elsewhere.example')).rejects.toThrow(/altnames/)
  await expect(shake(ca.certificate, natsHostName)).rejects.toThrow()
  server.close()
})
