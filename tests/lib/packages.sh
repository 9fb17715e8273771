# shellcheck shell=bash disable=SC2034
# What a bare Debian 12 lacks, and how to get it. Sourced by tests/run and packaging/try.

# Needed to build and to run.
packages_build="build-essential cmake ninja-build pkg-config libevent-dev libmariadb-dev libsystemd-dev
    libjansson-dev libsqlite3-dev libinih-dev libssl-dev tzdata ca-certificates"
# Charts on the page; without it they are tables.
packages_page="libjs-chart.js"
# A private mariadbd; the package's own service is not started by us.
packages_mariadb="mariadb-server"
# A browser for the page.
packages_browser="chromium chromium-driver python3-selenium libjs-chart.js fonts-dejavu-core"
packages_tests="libcmocka-dev ccache python3 python3-pytest python3-pytest-xdist python3-pymysql libfaketime sqlite3 systemd clang clang-format
    clang-tidy libclang-rt-14-dev man-db groff-base bash-completion zsh prometheus"
# tests/realism/classifier, which is run by hand.
packages_realism="python3-sklearn"
# The Debian package, and the container in which it is installed.
packages_container="debhelper dpkg-dev fakeroot lintian debootstrap systemd-container"

package_missing() {
    local there
    there=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
    local name
    for name in "$@"; do
        case $there in *" installed:$name "*) ;; *) printf '%s ' "$name" ;; esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "$0: neither root nor sudo: cannot run: $*" >&2
        return 1
    fi
}

# Installs what is missing of the packages named; nothing happens where all are there.
packages_install() {
    command -v dpkg-query >/dev/null || {
        echo "$0: not a Debian system: install by hand what corresponds to: $*" >&2
        return 0
    }
    local missing policy=/usr/sbin/policy-rc.d made=no status=0
    missing=$(package_missing "$@")
    [ -n "$missing" ] || return 0
    echo "installing: $missing"
    as_root apt-get update -q || return 1
    # A system-wide database server is not what was asked for: packages may not start services now.
    if [ ! -e "$policy" ]; then
        as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy" && made=yes
    fi
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing || status=1
    [ "$made" = no ] || as_root rm -f "$policy"
    return $status
}
