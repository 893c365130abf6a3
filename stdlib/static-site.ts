// A static site: files that an image brings along, served by nginx with sensible headers. Invariant: it runs without
// rights, on a root file system it cannot write. It builds nothing: `image` is `build('./site')` or one that has the files.

import { config, http, ingress, service, volume } from 'gantry'
import type { Cpu, Duration, Image, Port, Service, Size } from 'gantry'
import { refuseOthers } from './internal/options.ts'
import type { NamesOf } from './internal/options.ts'

export interface StaticSiteOptions {
  /** An image with nginx (unprivileged, such as `nginxinc/nginx-unprivileged`) and the files. */
  readonly image: Image
  /** Folder of the files in the image. Default: `'/usr/share/nginx/html'`. */
  readonly root?: string
  /** Whether a path that is no file gets `/index.html`, as programs in the browser need it. Default: false. */
  readonly singlePage?: boolean
  /** How long files with a digest in their name (`app.3f2a91.js`) may be kept. Default: `'365d'`. */
  readonly cache?: Duration
  /** Default: 2. */
  readonly replicas?: number
  /** Reserved for each task. Default: `'50m'`. */
  readonly cpu?: Cpu
  /** Reserved for each task, and the most it may use. Default: `'64Mi'`. */
  readonly memory?: Size
  /** Host name under which it is reached from outside. Default: reachable from inside only. */
  readonly host?: string
}

export type StaticSite = Service<{ readonly http: Port<'http'> }>

const names: NamesOf<StaticSiteOptions> = {
  image: true,
  root: true,
  singlePage: true,
  cache: true,
  replicas: true,
  cpu: true,
  memory: true,
  host: true,
}

/** A static site. Makes the service, the config `NAME-nginx`, the volume `NAME-tmp` in memory, and with `host` an ingress. */
export function staticSite(name: string, options: StaticSiteOptions): StaticSite {
  refuseOthers('staticSite', options, names)
  const { image, root = '/usr/share/nginx/html', singlePage = false } = options
  const { replicas = 2, cpu = '50m', memory = '64Mi', host, cache = '365d' } = options
  if (!/^(?:\/[\w.@-]+)+\/?$/.test(root))
    throw new Error(
      `root of staticSite is a folder of the image, of letters, digits and . _ @ -, not '${root}'`,
    )
  if (!/^\d+[smhd]$/.test(cache))
    throw new Error(
      `cache of staticSite is whole seconds, minutes, hours or days, such as 30d, not '${cache}'`,
    )
  const site = service(name, {
    image,
    ports: { http: http(8080) },
    configs: {
      '/etc/nginx/conf.d/default.conf': config(`${name}-nginx`, {
        content: serverBlock(root, singlePage, cache),
      }),
    },
    mounts: { '/tmp': volume(`${name}-tmp`, { driver: 'tmpfs', access: 'per-replica', size: '16Mi' }) },
    replicas,
    resources: { cpu, memory },
    readOnlyRoot: true,
    capabilities: { drop: ['ALL'] },
    health: { http: '/-/healthy', port: 'http', every: '5s' },
  })
  if (host !== undefined) ingress(name, { host, routes: { '/': site.ports.http } })
  return site
}

function serverBlock(root: string, singlePage: boolean, cache: Duration): string {
  const missing = singlePage ? '/index.html' : '=404'
  return `server {
  listen 8080;
  root ${root};
  server_tokens off;
  gzip on;
  gzip_types text/css application/javascript application/json image/svg+xml;
  add_header X-Content-Type-Options nosniff always;
  location = /-/healthy { access_log off; return 204; }
  location ~* "\\.[0-9a-f]{6,}\\." { expires ${cache}; try_files $uri =404; }
  location / { expires -1; try_files $uri $uri/index.html ${missing}; }
}
`
}
