# Prepares the volume once: the counter starts at 0. An existing counter is never touched.
set -eu
if [ -e /data/counter ]; then
  echo "the counter stands at $(cat /data/counter) and stays"
else
  echo 0 > /data/counter
  echo "the counter starts at 0"
fi
