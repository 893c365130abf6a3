import { ack, stack } from 'gantry'

ack('GT4001', 'too early')

export default stack('shop', {}, () => {})
