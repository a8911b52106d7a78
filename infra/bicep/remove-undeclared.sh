#!/usr/bin/env bash
# Lists the topics, subscriptions and rules of a namespace that topics.json does not declare. With --delete, deletes them and the messages in
# them. A deployment adds what is declared, but never deletes. Requires the Azure CLI and jq.
set -euo pipefail

if [ $# -lt 2 ] || [ $# -gt 3 ] || [ "${3:---delete}" != --delete ]; then
  echo "usage: $0 RESOURCE-GROUP NAMESPACE [--delete]" >&2
  exit 64
fi

declared=$(dirname "$0")/topics.json
group=$1 namespace=$2 delete=${3:-}
in_namespace=(--resource-group "$group" --namespace-name "$namespace")
found=0

# Prints the lines of the second list that are not in the first.
undeclared() {
  comm -13 <(sort <<< "$1") <(sort <<< "$2") | sed '/^$/d'
}

remove() {
  found=1
  echo "not declared: $1"
  shift
  if [ -n "$delete" ]; then
    az servicebus "$@" "${in_namespace[@]}"
  fi
}

topics=$(az servicebus topic list "${in_namespace[@]}" --query '[].name' --output tsv)
expected=$(jq -r '.topics[].name' "$declared")

for topic in $(undeclared "$expected" "$topics"); do
  remove "topic $topic" topic delete --name "$topic"
done

for topic in $(comm -12 <(sort <<< "$expected") <(sort <<< "$topics")); do
  subscriptions=$(az servicebus topic subscription list "${in_namespace[@]}" --topic-name "$topic" --query '[].name' --output tsv)
  expected_here=$(jq -r --arg topic "$topic" '.topics[] | select(.name == $topic) | .subscriptions[].name' "$declared")
  for subscription in $(undeclared "$expected_here" "$subscriptions"); do
    remove "subscription $topic/$subscription" topic subscription delete --topic-name "$topic" --name "$subscription"
  done

  for subscription in $(comm -12 <(sort <<< "$expected_here") <(sort <<< "$subscriptions")); do
    rules=$(jq -r --arg topic "$topic" --arg name "$subscription" '.rules +
      (.topics[] | select(.name == $topic) | .subscriptions[] | select(.name == $name) | .rules // {}) | keys[]' "$declared")
    existing=$(az servicebus topic subscription rule list "${in_namespace[@]}" --topic-name "$topic" \
      --subscription-name "$subscription" --query '[].name' --output tsv)
    for rule in $(undeclared "$rules" "$existing"); do
      remove "rule $topic/$subscription/$rule" topic subscription rule delete --topic-name "$topic" \
        --subscription-name "$subscription" --name "$rule"
    done
  done
done

if [ "$found" = 0 ]; then
  echo "Everything in $namespace is declared in topics.json."
elif [ -z "$delete" ]; then
  echo "Nothing was deleted. To delete these with their messages, run the command again with --delete."
fi
