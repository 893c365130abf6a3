import { build, service, stack } from 'gantry'

export default stack('shop', {}, () => {
  service('api', { image: build('./modules') })
  service('web', { image: build('./modules', { dockerfile: 'web.Dockerfile' }) })
  service('job', { image: build('./modules', { dockerfil: 'images.ts' }) })
})
