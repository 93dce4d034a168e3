# shellcheck shell=bash
# Sourced by the scripts that compile: the Swift toolchain and the system's libraries. Wants lib/progress.bash.

# shellcheck disable=SC2034  # whoever sources this uses it
library_packages=(git pkg-config libpq-dev libcurl4-openssl-dev libssl-dev libnghttp2-dev libsqlite3-dev
    libargon2-dev zlib1g-dev python3=python3 ca-certificates)

require_swift() {
    local version
    command -v swift >/dev/null ||
        fail "There is no swift here. Frontdesk needs the Swift toolchain 6.2 or newer: https://www.swift.org/install"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ -n $version && $(printf '%s\n' 6.2 "$version" | sort -V | head -n 1) == 6.2 ]] ||
        fail "Frontdesk needs Swift 6.2 or newer; this is ${version:-an unknown version}: https://www.swift.org/install"
}
