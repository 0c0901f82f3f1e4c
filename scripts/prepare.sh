# Sourced by scripts/up and scripts/test: what has to be there before anything can run. Works with the bash 3.2 of macOS.
# Sets $root.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
lock=
lock_key=$(printf '%s' "$root" | cksum | tr -d ' ')
lock_path=${TMPDIR:-/tmp}/exoctl-prepare-$(id -u)-$lock_key

say() { printf '%s\n' "$*" >&2; }

# Node 20.19 is the oldest that every dependency supports.
require_node() {
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    say "exoctl needs Node.js 20.19 or newer with npm, and found none on the PATH."
    say "  Install it from https://nodejs.org, or with: brew install node"
    exit 2
  fi
  if ! node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'; then
    say "exoctl needs Node.js 20.19 or newer, and this is $(node --version)."
    say "  Install a newer one from https://nodejs.org, or with: brew install node"
    exit 2
  fi
}

# One installation or build at a time in this folder: making a folder is atomic. A lock whose owner is gone is taken over.
take_lock() {
  local waited=0 owner
  while ! mkdir "$lock_path" 2>/dev/null; do
    owner=$(cat "$lock_path/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      # Renaming decides between two who both see that the owner is gone.
      mv "$lock_path" "$lock_path.$$" 2>/dev/null && rm -rf "$lock_path.$$"
      continue
    fi
    [ "$waited" -ne 0 ] || say "Waiting for another installation or build to finish ..."
    waited=$((waited + 1))
    if [ "$waited" -gt 600 ]; then
      say "Another installation or build has held $lock_path for 10 minutes."
      say "  If none is running, remove that folder and try again."
      exit 1
    fi
    sleep 1
  done
  lock=$lock_path
  echo $$ >"$lock/pid"
}

release_lock() {
  [ -z "$lock" ] || rm -rf "$lock"
  lock=
}

# npm writes this file last, so that a broken-off installation is seen.
packages_are_current() {
  local installed=$root/node_modules/.package-lock.json
  [ -f "$installed" ] && ! [ "$root/package-lock.json" -nt "$installed" ]
}

# Compares times only: no compiler runs when nothing has changed.
build_is_current() {
  local stamp=$root/dist/.built
  [ -f "$stamp" ] && [ -f "$root/dist/cli/main.js" ] || return 1
  [ -z "$(cd "$root" && find src proto package.json package-lock.json tsconfig.json tsconfig.build.json \
    -path src/adapters/grpc/generated -prune -o -type f -newer "$stamp" -print 2>/dev/null | head -n 1)" ]
}

# Both answer with the exit code of npm and do not rely on `set -e`, which is off wherever a caller tests that code.
install_packages() {
  local status=0
  packages_are_current && return 0
  take_lock
  if ! packages_are_current; then
    say "Installing packages (npm ci) ..."
    # An unchanged package-lock.json that is newer would install again and again, hence the touch.
    (cd "$root" && npm ci --no-audit --no-fund --no-progress --loglevel=error >&2 &&
      touch node_modules/.package-lock.json) || status=$?
  fi
  release_lock
  return "$status"
}

# Further arguments are for tsc. The stamp carries the time before the build, so that an edit during it is not lost.
build_program() {
  local status=0
  build_is_current && return 0
  take_lock
  if ! build_is_current; then
    say "Building ..."
    mkdir -p "$root/dist"
    : >"$root/dist/.building"
    (cd "$root" && npm run --silent build ${1+-- "$@"} >&2 && mv dist/.building dist/.built) || status=$?
  fi
  release_lock
  return "$status"
}
