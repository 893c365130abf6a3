export { createPlugin } from './plugin.ts'
