# Serves /www; ends at once when asked to, which a process with number 1 does only when it says so.
httpd -f -vv -p 8080 -h /www &
server=$!
trap 'echo "asked to stop"; kill $server; exit 0' TERM INT
echo "serving on port 8080"
wait $server
