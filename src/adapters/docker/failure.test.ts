import { expect, test } from 'vitest'
import { EngineError } from './engine-error.ts'
import { Engine } from './engine.ts'
import { cleanMessage, failureOf } from './failure.ts'

const engine = new Engine({ socketPath: '/run/docker.sock' })

test.each([
  {
    status: 404,
    message: 'No such container: abc',
    kind: 'gone',
    text: 'cannot start it: there is no such container',
  },
  {
    status: 404,
    message: 'no container with name or ID "abc" found: no such container',
    kind: 'gone',
    text: 'cannot start it: there is no such container',
  },
  {
    status: 404,
    message: 'No such image: web:1',
    kind: 'image',
    text: 'cannot start it: No such image: web:1',
  },
  {
    status: 404,
    message: 'network x not found',
    kind: 'refused',
    text: 'cannot start it: network x not found',
  },
  { status: 409, message: 'conflict', kind: 'refused', text: 'cannot start it: conflict' },
  {
    status: 503,
    message: 'starting',
    kind: 'unavailable',
    text: 'the Docker daemon at /run/docker.sock says: starting',
  },
  {
    status: 500,
    message: 'transport is closing: unavailable',
    kind: 'unavailable',
    text: 'the Docker daemon at /run/docker.sock says: transport is closing: unavailable',
  },
  {
    status: null,
    message: 'does not run: connection refused',
    kind: 'unavailable',
    text: 'the Docker daemon at /run/docker.sock does not run: connection refused',
  },
])('$status "$message" is $kind', ({ status, message, kind, text }) => {
  expect(failureOf(new EngineError(status, message), engine, 'start it')).toMatchObject({
    kind,
    message: text,
  })
})

test.each([
  {
    given:
      'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "x": executable file not found in $PATH: unknown',
    clean: 'exec: "x": executable file not found in $PATH',
  },
  {
    given:
      'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": permission denied: unknown',
    clean: 'exec: "x": permission denied',
  },
  { given: 'Error response from daemon: no\r\nway\u0000', clean: 'no way' },
  {
    given: 'a \u001b[31mred\u001b[0m \u001b]0;title\u0007 \u202eevil\u2028line',
    clean: 'a red ]0;title evil line',
  },
  { given: `volume ${'ab'.repeat(32)} is in use`, clean: 'volume abababababab is in use' },
])('cleans $clean', ({ given, clean }) => {
  expect(cleanMessage(given)).toBe(clean)
})

test('a message has a bound', () => {
  expect(cleanMessage('x'.repeat(10_000))).toHaveLength(400)
})
