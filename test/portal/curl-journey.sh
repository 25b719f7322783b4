#!/usr/bin/env bash
# From a first login to a renewed certificate, with curl and its cookie jar alone.
#
#   curl-journey.sh API USERNAME CODE PASSWORD INSZ CERTIFICATE RENEWED
#
# API is the address below /api/v1, CODE the one-time code of the letter. Codes of the authenticator
# app are read from stdin, one a line, after the line `secret BASE32` on stdout asks for them.
set -euo pipefail

api=$1 username=$2 code=$3 password=$4 insz=$5 certificate=$6 renewed=$7
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT

csrf() { awk '$6 == "__Host-sluis-csrf" { print $7 }' "$jar"; }

# call METHOD PATH [JSON [HEADER]]: prints the body; ends the script when it is a refusal.
call() {
  local arguments=(--silent --show-error --fail-with-body --request "$1"
    --cookie "$jar" --cookie-jar "$jar" --header "x-csrf-token: $(csrf)")
  if [ -n "${3:-}" ]; then
    arguments+=(--header 'content-type: application/json' --data-binary "$3")
  fi
  curl "${arguments[@]}" "$api$2"
}

# field NAME: its first text in the JSON on stdin.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

step() { echo "step $1"; }

stage=$(call POST /login/password "{\"username\":\"$username\",\"password\":\"$code\"}" | field stage)
step "first login: $stage"

call GET /me/password/requirements >/dev/null
stage=$(call PUT /me/password "{\"password\":\"$password\"}" | field stage)
step "password chosen: $stage"

secret=$(call POST /me/second-factor/enrolment "{\"password\":\"$password\"}" | field secret)
echo "secret $secret"
read -r app
call POST /me/second-factor/enrolment/proof "{\"code\":\"$app\"}" >/dev/null
stage=$(call POST /me/second-factor/enrolment/activation | field stage)
step "app activated: $stage"

call DELETE /session
call POST /login/password "{\"username\":\"$username\",\"password\":\"$password\"}" >/dev/null
echo "secret $secret"
read -r app
stage=$(call POST /login/second-factor "{\"code\":\"$app\"}" | field stage)
step "logged in again: $stage"

roles=$(call GET /session/roles)
appointment=$(echo "$roles" | sed -n 's/.*"id":"\([^"]*\)","role":"AM".*/\1/p')
stage=$(call PUT /session/role "{\"appointment\":\"$appointment\"}" | field stage)
step "role chosen: $stage"

person="{\"insz\":\"$insz\",\"username\":\"curluser01\",\"lastName\":\"Peeters\",\"firstName\":\"Jan\",
  \"language\":\"nl\",\"email\":\"curl@example.org\"}"
plan=$(call POST /appointments/user/plans "{\"person\":$person,\"capacity\":\"employee\"}")
confirmation=$(echo "$plan" | field confirmation)
call POST /appointments "{\"confirmation\":\"$confirmation\"}" >/dev/null
user=$(call GET '/persons?username=curluser01' | field assignmentId)
step "user added"

plan=$(call POST "/appointments/$user/plans" '{"act":"block"}')
call POST /appointments "{\"confirmation\":\"$(echo "$plan" | field confirmation)\"}" >/dev/null
step "user $(call GET '/persons?username=curluser01' | field state)"

# link FILE: previews a certificate, then links what was shown.
link() {
  local file fingerprint
  file=$(base64 -w 0 "$1")
  fingerprint=$(call POST /me/certificates/previews "{\"file\":\"$file\"}" | field fingerprint)
  call POST /me/certificates "{\"file\":\"$file\",\"fingerprint\":\"$fingerprint\"}" | field id
}

old=$(link "$certificate")
step "certificate linked"
link "$renewed" >/dev/null
call POST "/me/certificates/$old/retirement"
step "certificate renewed: $(call GET /me/certificates | grep -o '"state":"[a-z]*"' | sort | tr '\n' ' ')"

call DELETE /session
step "logged out"
