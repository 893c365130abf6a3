// A site of files, and a proxy of its own that also leads to an older program.
import { http, service, stack } from 'gantry'
import { reverseProxy } from 'gantry/std/reverse-proxy'
import { staticSite } from 'gantry/std/static-site'

export default stack('docs', {}, () => {
  const site = staticSite('site', { image: 'docs/site:2026.11', singlePage: true })
  const search = service('search', {
    image: 'docs/search:1.9',
    ports: { http: http(7700) },
    health: { http: '/health', port: 'http' },
  })
  reverseProxy('front', { routes: { '/search': search.ports.http, '/': site.ports.http }, published: 8080 })
})
