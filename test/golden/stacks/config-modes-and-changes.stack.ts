import { config, secret, stack } from 'gantry'

export default stack('shop', {}, () => {
  config('motd', { content: 'Welcome', mode: '644' })
  config('app', { content: 'a = b', mode: 'rw-r--r--', onChange: { signal: 'HUP' } })
  secret('token', { onChange: 'reload' as 'restart' })
  secret('key', { onChange: { sginal: 'SIGHUP' } as never })
})
