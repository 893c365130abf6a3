import { config, stack } from 'gantry'

export default stack('shop', {}, () => {
  config('missing', { file: './modules/nowhere.txt' })
  config('folder', { file: './modules' })
  config('bytes', { template: './modules/not-text.ts' })
  config('outside', { file: '../../../package.json' })
  config('link', { file: './modules/linked-outside.json' })
})
