import { input, stack } from 'gantry'

export default stack(
  'shop',
  {
    one: input.string({ pattern: '(?=a)b' }),
    two: input.string({ pattern: '[a-z' }),
    three: input.string({ pattern: '(a)\\1' }),
    four: input.string({ pattern: 'a{3,2}' }),
  },
  () => {},
)
