import { stack } from 'gantry'

export default stack('shop', {}, 'service' as unknown as () => void)
