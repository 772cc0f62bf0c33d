#!/bin/sh
# serve: the service · health: is it well? · anything else: that command
set -eu
# Unique among its service's: a container's host name, unless something better is known.
export SLUICE_INSTANCE="${SLUICE_INSTANCE:-$(hostname)}"
case "${1:-serve}" in
  serve) exec python -m "services.${SERVICE}" ;;
  health) exec python -m shared.health "${SERVICE}" ;;
  *) exec "$@" ;;
esac
