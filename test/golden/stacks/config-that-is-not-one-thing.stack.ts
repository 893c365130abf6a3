import { config, stack } from 'gantry'

export default stack('shop', {}, () => {
  config('both', { file: './modules/motd.txt', content: 'Welcome' })
  config('none', { mode: '0400' })
  config('plain', { content: 'Welcome', values: { name: 'shop' } })
  config('number', { content: 5 as unknown as string })
})
