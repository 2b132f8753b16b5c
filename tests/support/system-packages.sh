#!/bin/sh
# Installs the Debian packages that the tests talk to for real. Does nothing when all are there.
set -eu
wanted="php-cli php-mysql mariadb-server wordpress postgresql systemd libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji qpdf openssl libreoffice-calc-nogui tesseract-ocr tesseract-ocr-eng tesseract-ocr-spa chromium fonts-liberation"
# Node.js from elsewhere brings its own npm, which Debian's would be in the way of.
command -v npm > /dev/null || wanted="$wanted nodejs npm"
missing=""
for package in $wanted; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' \
        || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "the tests need these Debian packages:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Services are started by the tests themselves, on loopback, in folders of their own.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
trap 'rm -f /usr/sbin/policy-rc.d' EXIT
apt-get update -qq
apt-get install -y -qq --no-install-recommends $missing
