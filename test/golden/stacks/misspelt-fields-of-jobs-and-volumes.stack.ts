import { config, ingress, job, outputs, stack, volume } from 'gantry'

export default stack('shop', {}, () => {
  job('import', { image: 'shop/import:1', retris: 2, backoff: { dealy: '1s' } })
  job('export', { image: 'shop/export:1', exitCodes: { fail: ['2'] as never, ignore: [3] } as never })
  volume('data', { acces: 'shared', size: '1GB' })
  config('app', { contents: 'a' } as never)
  ingress('public', { hosts: 'shop.example', routes: {} } as never)
  outputs(5 as unknown as string)
})
