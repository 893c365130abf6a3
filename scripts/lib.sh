# What quickstart and test share: finding what is missing and installing it. Sourced, never run. Everything it does it
# says first; what it has done already it does not do again.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
state="$root/.gantry"
installed="$state/installed-packages"

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
if [ ! -t 1 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '==> %s\n' "$*"; }; fi
give_up() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" > /dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || [ -x "/sbin/$1" ]; }

# A Docker daemon that answers where the docker command would look for it.
docker_answers() {
  local socket=/var/run/docker.sock
  case "${DOCKER_HOST:-}" in unix://*) socket=${DOCKER_HOST#unix://} ;; esac
  [ -S "$socket" ] && node -e '
    const request = require("node:http").get({ socketPath: process.argv[1], path: "/_ping", timeout: 3000 }, (reply) =>
      process.exit(reply.statusCode === 200 ? 0 : 1))
    request.on("error", () => process.exit(1)).on("timeout", () => process.exit(1))' "$socket"
}

check_node() {
  has node && has npm || give_up "Node.js 20 or newer and npm are needed; on Debian 13 or newer: apt-get install nodejs npm, elsewhere see nodejs.org"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || give_up "Node.js 20 or newer is needed and this is $(node --version)"
}

# System packages, by the command that each brings. $1 is "always" when a Docker daemon of our own is needed even
# though one answers already (the tests start several).
install_packages() {
  local missing=()
  has nats-server || missing+=(nats-server)
  has busybox && busybox httpd --help > /dev/null 2>&1 || missing+=(busybox-static)
  if [ "${1:-}" = always ] || ! docker_answers; then
    has dockerd || missing+=(docker.io)
    has iptables || missing+=(iptables)
    has ip || missing+=(iproute2)
    # Hosts of the tests: their links are cut by rules of nftables.
    [ "${1:-}" != always ] || { has nft || missing+=(nftables); has nsenter || missing+=(util-linux); }
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
  fi
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    if has sudo && sudo -n true 2> /dev/null; then sudo=(sudo)
    elif has sudo && [ -t 0 ]; then sudo=(sudo)
    else give_up "these packages are missing and only root can install them; run: sudo apt-get install --no-install-recommends ${missing[*]}"; fi
  fi
  has apt-get || give_up "these packages are missing: ${missing[*]}; apt-get is not here, so install them with this system's own package manager"
  say "installing ${missing[*]} (apt-get)"
  "${sudo[@]}" apt-get update -qq > /dev/null || give_up "apt-get update failed; the packages ${missing[*]} are needed"
  local log
  log=$(mktemp)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > "$log" 2>&1 \
    || { cat "$log" >&2; give_up "apt-get could not install ${missing[*]}"; }
  rm -f "$log"
  mkdir -p "$state"
  printf '%s\n' "${missing[@]}" >> "$installed"
}

# npm's packages, the pinned Node 24 among them; again only when the lock file has changed.
install_dependencies() {
  local stamp="$root/node_modules/.gantry-lock"
  if [ ! -x node_modules/node/bin/node ] || ! cmp -s package-lock.json "$stamp"; then
    say "installing npm packages"
    npm ci --no-fund --no-audit --loglevel=error
    cp package-lock.json "$stamp"
  fi
  export PATH="$root/node_modules/node/bin:$PATH"
}

# The built command; tsc itself leaves alone what has not changed.
build() {
  say "building gantry"
  npm run --silent build
}
