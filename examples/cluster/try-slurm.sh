#!/bin/bash
# Proves on one machine that a sweep in shards is the sweep: sets up Slurm with a single node, runs slurm.sbatch as an
# array of four tasks (ids 10-16 in steps of 2, then 1-4), merges, and compares with the bytes of one run; then once
# more after a task was stopped and requeued.
#
#   sudo examples/cluster/try-slurm.sh [PROGRAM]      # PROGRAM: target/release/plimsoll if left out
#
# For Debian or Ubuntu, as root; made for a container, needs no systemd. Installs the packages slurm-wlm and munge if
# they are not there, and leaves them; everything else (keys, configuration, state, results) lives in a folder of its
# own that is removed at the end, and what is started is ended. May be run again and again, beside a real Slurm too.
# KEEP=1 keeps the folder.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export PLIMSOLL=${1:-$root/target/release/plimsoll}
export MODEL=$root/models/lab.toml
export SWEEP="--test pool20 --vary pool.main.max=10,20,40 --vary load=0.5,1 --replications 2"

say() { printf '== %s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }

[ "$(id -u)" = 0 ] || fail "run as root: Slurm's daemons need it"
[ -x "$PLIMSOLL" ] || fail "$PLIMSOLL is not there: cargo build --release"
PLIMSOLL=$(realpath "$PLIMSOLL")

missing=
for program in slurmctld slurmd munged sbatch; do
  command -v "$program" > /dev/null || missing=$program
done
if [ -n "$missing" ]; then
  say "installing slurm-wlm and munge"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends slurm-wlm munge > /dev/null
fi

folder=$(mktemp -d /tmp/try-slurm.XXXXXX)
# munged wants its socket to be reachable for all.
chmod 711 "$folder"

end() {
  status=$?
  trap - EXIT
  [ "$status" = 0 ] || tail -n 15 "$folder"/*.log 2> /dev/null || true
  for name in slurmd slurmctld munged; do
    if pid=$(cat "$folder/$name.pid" 2> /dev/null); then
      kill "$pid" 2> /dev/null || true
      for _ in $(seq 50); do kill -0 "$pid" 2> /dev/null || break; sleep 0.1; done
    fi
  done
  if [ -n "${KEEP:-}" ]; then say "kept $folder"; else rm -rf "$folder"; fi
  exit "$status"
}
trap end EXIT

say "$(slurmctld -V) on $(nproc) CPUs, $("$PLIMSOLL" --version)"
dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 400 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"

# Ports of its own, so that a real Slurm on this machine is left alone.
node=$(hostname -s)
mkdir "$folder/state" "$folder/spool" "$folder/work"
cat > "$folder/slurm.conf" <<CONF
ClusterName=try
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# What is requeued waits for so many seconds.
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
MailProg=/bin/true
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=try Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
# Nothing here needs control groups, but slurmd asks for them; only later versions take no for an answer.
case $(slurmctld -V) in
  *" 2"[0-2].* | *" 23.02."*) ;;
  *) echo "CgroupPlugin=disabled" > "$folder/cgroup.conf" ;;
esac
export SLURM_CONF=$folder/slurm.conf

slurmctld -f "$SLURM_CONF" -c
slurmd -f "$SLURM_CONF"
for _ in $(seq 100); do
  sinfo -h -t idle -o %n 2> /dev/null | grep -q . && break
  sleep 0.3
done
sinfo -h -t idle -o %n | grep -q . || fail "the node does not become idle: $(sinfo -h -o '%n %T %E')"
sinfo

cd "$folder/work"
say "one run of the whole sweep: plimsoll sweep lab.toml $SWEEP"
# The exit code says whether any point passes, which does not matter here.
# shellcheck disable=SC2086
"$PLIMSOLL" sweep "$MODEL" $SWEEP --results one.jsonl --quiet -o one.txt || [ $? = 1 ]

# Merges the files of an array, and holds the result and its page against those of the one run.
compare() {
  "$PLIMSOLL" merge "$FOLDER/all.jsonl" "$FOLDER"/part-*.jsonl
  cmp one.jsonl "$FOLDER/all.jsonl" || fail "the merged file differs"
  # shellcheck disable=SC2086
  "$PLIMSOLL" sweep "$MODEL" $SWEEP --results "$FOLDER/all.jsonl" --quiet -o "$FOLDER/all.txt" || [ $? = 1 ]
  cmp one.txt "$FOLDER/all.txt" || fail "the page differs"
  cmp one.jsonl "$FOLDER/all.jsonl" || fail "the file was changed"
  say "$(wc -c < one.jsonl) bytes of $(($(wc -l < one.jsonl) - 1)) points: the same, and the same page"
}

submit() {
  FOLDER=$(mktemp -d "$folder/work/array.XXXXXX")
  export FOLDER
  say "sbatch --array=$1"
  job=$(sbatch --parsable --wait --array="$1" --mem=0 --output="$FOLDER/%a.log" "$here/slurm.sbatch") ||
    fail "a task failed: $(cat "$FOLDER"/*.log)"
  grep "shard " "$FOLDER"/*.log | sed "s|$FOLDER/||; s|points.*|points|"
}

submit 10-16:2
compare
submit 1-4
compare

say "task 2 loses half of its file, as if it had been killed while it wrote"
rm "$FOLDER/all.jsonl"
truncate -s "$(($(wc -c < "$FOLDER/part-2.jsonl") / 2))" "$FOLDER/part-2.jsonl"
code=0
"$PLIMSOLL" merge "$FOLDER/all.jsonl" "$FOLDER"/part-*.jsonl || code=$?
[ $code = 1 ] || fail "merge ends with $code where points are missing"
say "scontrol requeue ${job}_2"
scontrol requeue "${job}_2"
for _ in $(seq 300); do
  [ -n "$(squeue -h)" ] || break
  sleep 0.3
done
compare
say "OK"
