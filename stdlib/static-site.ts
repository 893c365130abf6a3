// A static site: files that an image brings along, served by nginx with sensible headers. Invariant: it runs without
// rights, on a root file system it cannot write. It builds nothing: `image` is `build('./site')` or one that has the files.

import { config, http, ingress, service, volume } from 'gantry'
import type { Image, Port, Service } from 'gantry'

export interface StaticSiteOptions {
  /** An image with nginx (unprivileged, such as `nginxinc/nginx-unprivileged`) and the files. */
  readonly image: Image
  /** Folder of the files in the image. Default: `'/usr/share/nginx/html'`. */
  readonly root?: string
  /** Whether a path that is no file gets `/index.html`, as programs in the browser need it. Default: false. */
  readonly singlePage?: boolean
  /** Seconds for which files with a digest in their name (`app.3f2a91.js`) may be kept. Default: a year. */
  readonly cacheSeconds?: number
  /** Default: 2. */
  readonly replicas?: number
  /** Host name under which it is reached from outside. Default: reachable from inside only. */
  readonly host?: string
}

export type StaticSite = Service<{ readonly http: Port<'http'> }>

/** A static site. Makes the service, the config `NAME-nginx`, the volume `NAME-tmp` in memory, and with `host` an ingress. */
export function staticSite(name: string, options: StaticSiteOptions): StaticSite {
  const { image, root = '/usr/share/nginx/html', singlePage = false, replicas = 2, host } = options
  const { cacheSeconds = 31_536_000 } = options
  const site = service(name, {
    image,
    ports: { http: http(8080) },
    configs: {
      '/etc/nginx/conf.d/default.conf': config(`${name}-nginx`, {
        content: serverBlock(root, singlePage, cacheSeconds),
      }),
    },
    mounts: { '/tmp': volume(`${name}-tmp`, { driver: 'tmpfs', access: 'per-replica', size: '16Mi' }) },
    replicas,
    resources: { cpu: '50m', memory: '64Mi' },
    readOnlyRoot: true,
    capabilities: { drop: ['ALL'] },
    health: { http: '/-/healthy', port: 'http', every: '5s' },
  })
  if (host !== undefined) ingress(name, { host, routes: { '/': site.ports.http } })
  return site
}

function serverBlock(root: string, singlePage: boolean, cacheSeconds: number): string {
  const missing = singlePage ? '/index.html' : '=404'
  return `server {
  listen 8080;
  root ${root};
  server_tokens off;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;
  add_header X-Content-Type-Options nosniff always;
  location = /-/healthy { access_log off; return 204; }
  location ~* "\\.[0-9a-f]{6,}\\." { expires ${cacheSeconds}s; try_files $uri =404; }
  location / { expires -1; try_files $uri $uri/index.html ${missing}; }
}
`
}
