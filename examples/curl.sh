#!/bin/sh
# The API by curl alone: API=http://127.0.0.1:4566/_aws/execute-api/reelqueue/api sh examples/curl.sh
# With a deployed stack, set API to its output ApiUrl, and AUTH to user name and password, "admin:...".
set -eu
AUTH="${AUTH:-admin:changeme}"
WEBHOOK="${WEBHOOK:-https://your-app.com/webhook}"

field() { # a field of an answer, of those whose value is a word
    sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}

# Submit. The key makes it safe to send the same again.
JOB=$(curl -fsS -u "$AUTH" "$API/generate-video-async" -H 'Content-Type: application/json' -H "Idempotency-Key: curl-$$" \
    -d "{\"webhookUrl\": \"$WEBHOOK\", \"scenes\": [{\"text\": \"Hello from curl\", \"duration\": 2}]}" | field jobId)
echo "submitted $JOB"

# Look.
echo "status $(curl -fsS -u "$AUTH" "$API/job-status/$JOB" | sed 's/"queue".*//; s/"webhooks".*//' | field status)"

# Cancel: at once while it waits, within two seconds while it renders.
curl -fsS -u "$AUTH" -X POST "$API/jobs/$JOB/cancel" > /dev/null
while STATUS=$(curl -fsS -u "$AUTH" "$API/job-status/$JOB" | sed 's/"queue".*//; s/"webhooks".*//' | field status); do
    [ "$STATUS" = queued ] || [ "$STATUS" = processing ] || break
    sleep 0.3
done
echo "status $STATUS"

# All that the caller has, newest first.
curl -fsS -u "$AUTH" "$API/jobs?status=cancelled&limit=1"
echo
