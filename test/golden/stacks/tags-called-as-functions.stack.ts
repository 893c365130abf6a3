import { gate, place, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('a', { image: 'a:1', placement: (place as unknown as (text: string) => ReturnType<typeof place>)('spread zone') })
  service('b', { image: 'a:1', rollout: { gate: (gate as unknown as (text: string) => ReturnType<typeof gate>)('errors < 1%') } })
})
