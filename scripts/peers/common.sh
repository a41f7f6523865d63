# shellcheck shell=bash
# What `up`, `down` and `enter` agree on. Sourced, never run.

PEERS_DIR=${LAYERWRIGHT_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/layerwright-peers}

# Each peer that is a whole Debian tree, and the suite it is made from.
declare -A SUITE=([docker26]=trixie [docker28]=sid)
TREES=(docker26 docker28)

say() { printf 'peers: %s\n' "$*" >&2; }
die() {
	say "$*"
	exit 1
}

# The first Debian archive among the machine's own package sources.
debian_mirror() {
	apt-get indextargets --format '$(REPO_URI) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
		awk '$2 == "main" && $1 !~ /security/ { sub("/$", "", $1); print $1; exit }'
}

tree_of() { printf '%s/%s' "$PEERS_DIR" "$1"; }

# The processes whose root folder is the tree of a peer. A process lives in a
# mount namespace of its own, so the name of its root says nothing; the device
# and inode of that folder do.
processes_in() {
	local want pid
	want=$(stat -L -c %d:%i "$(tree_of "$1")" 2>/dev/null) || return 0
	for pid in /proc/[0-9]*; do
		if [[ $(stat -L -c %d:%i "$pid/root/." 2>/dev/null) == "$want" ]]; then
			printf '%s\n' "${pid#/proc/}"
		fi
	done
}

# Ends what still runs in a peer's tree: politely, then by force.
stop_peer() {
	local pids wait
	mapfile -t pids < <(processes_in "$1")
	((${#pids[@]})) || return 0
	kill "${pids[@]}" 2>/dev/null || true
	for ((wait = 0; wait < 50; wait++)); do
		mapfile -t pids < <(processes_in "$1")
		((${#pids[@]})) || return 0
		sleep 0.2
	done
	kill -9 "${pids[@]}" 2>/dev/null || true
	sleep 0.5
}

# Removes a tree, and first whatever an interrupted build left mounted in it:
# removing through such a mount would empty the machine's own folders.
remove_tree() { # FOLDER
	local mounted
	awk -v below="$1/" 'index($2, below) == 1 { print $2 }' /proc/mounts | tac |
		while read -r mounted; do umount -l "$mounted" || true; done
	rm -rf --one-file-system "$1"
}
