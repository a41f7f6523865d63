/* Tries system calls, each in a process of its own, with arguments that do no harm where they are allowed. Makes a
   directory "NAME:OUTCOME" for each in the directory that it is given. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BAD ((long)-1)
#ifndef __NR_io_uring_setup
#define __NR_io_uring_setup 425
#define __NR_io_uring_enter 426
#define __NR_io_uring_register 427
#endif
#ifndef __NR_open_tree
#define __NR_open_tree 428
#define __NR_move_mount 429
#define __NR_fsopen 430
#define __NR_fsconfig 431
#define __NR_fsmount 432
#define __NR_fspick 433
#endif
#ifndef __NR_clone3
#define __NR_clone3 435
#endif

struct call { const char *name; long number; long args[6]; };

static char text[64] = "/proc/self";
#define T ((long)text)

static const struct call calls[] = {
  /* Keys, namespaces, mounts. */
  {"keyctl-user-keyring", __NR_keyctl, {0, -4, 0}}, {"add_key", __NR_add_key, {T, T, T, 1, -4}},
  {"request_key", __NR_request_key, {T, T, 0, 0}},
  {"unshare-user", __NR_unshare, {CLONE_NEWUSER}}, {"unshare-mount", __NR_unshare, {CLONE_NEWNS}},
  {"unshare-network", __NR_unshare, {CLONE_NEWNET}}, {"unshare-files", __NR_unshare, {CLONE_FILES}},
  {"clone-user", __NR_clone, {CLONE_NEWUSER | SIGCHLD}}, {"clone-pid", __NR_clone, {CLONE_NEWPID | SIGCHLD}},
  {"clone-process", __NR_clone, {SIGCHLD}}, {"clone3", __NR_clone3, {0, 0}}, {"setns", __NR_setns, {-1, 0}},
  {"mount", __NR_mount, {T, T, T, 0, 0}}, {"umount2", __NR_umount2, {T, 8}}, {"pivot_root", __NR_pivot_root, {T, T}},
  {"open_tree", __NR_open_tree, {-1, T, 0}}, {"move_mount", __NR_move_mount, {-1, T, -1, T, 0}},
  {"fsopen", __NR_fsopen, {T, 0}}, {"fsconfig", __NR_fsconfig, {-1, 0, 0, 0, 0}}, {"fsmount", __NR_fsmount, {-1, 0, 0}},
  {"fspick", __NR_fspick, {-1, T, 0}}, {"mount_setattr", 442, {-1, T, 0, 0, 0}}, {"chroot", __NR_chroot, {(long)"/"}},
  /* What lies outside of the container. */
  {"bpf", __NR_bpf, {0, 0, 0}}, {"perf_event_open", __NR_perf_event_open, {0, 0, -1, -1, 0}},
  {"userfaultfd", __NR_userfaultfd, {BAD}}, {"io_uring_setup", __NR_io_uring_setup, {0, 0}},
  {"io_uring_enter", __NR_io_uring_enter, {-1, 0, 0, 0, 0}}, {"io_uring_register", __NR_io_uring_register, {-1, 0, 0, 0}},
  {"init_module", __NR_init_module, {0, 0, T}}, {"finit_module", __NR_finit_module, {-1, T, 0}},
  {"delete_module", __NR_delete_module, {T, 0}}, {"kexec_load", __NR_kexec_load, {0, 1 << 20, 0, 0}},
  {"reboot", __NR_reboot, {0, 0, 0, 0}}, {"acct", __NR_acct, {T}}, {"swapon", __NR_swapon, {T, 0}},
  {"swapoff", __NR_swapoff, {T}}, {"quotactl", __NR_quotactl, {BAD, T, 0, 0}}, {"syslog", __NR_syslog, {2, 0, 0}},
  {"sethostname", __NR_sethostname, {0, 1}}, {"setdomainname", __NR_setdomainname, {0, 1}},
  {"settimeofday", __NR_settimeofday, {1, 1}}, {"clock_settime", __NR_clock_settime, {0, 1}},
  {"vhangup", __NR_vhangup, {0}}, {"open_by_handle_at", __NR_open_by_handle_at, {-1, 0, 0}},
  {"fanotify_init", __NR_fanotify_init, {0, 0}}, {"kcmp", __NR_kcmp, {1, 1, 0, 0, 0}},
  {"move_pages", __NR_move_pages, {1, 0, 0, 0, 0, 0}}, {"migrate_pages", __NR_migrate_pages, {1, 0, 0, 0}},
  {"mbind", __NR_mbind, {0, 0, 0, 0, 0, 0}}, {"set_mempolicy", __NR_set_mempolicy, {BAD, 0, 0}},
  {"get_mempolicy", __NR_get_mempolicy, {0, 0, 0, 0, BAD}}, {"lookup_dcookie", 212, {0, 0, 0}},
  {"pidfd_getfd", 438, {-1, -1, 0}}, {"process_madvise", 440, {-1, 0, 0, 0, 0}}, {"quotactl_fd", 443, {-1, 0, 0, 0}},
#ifdef __x86_64__
  {"iopl", __NR_iopl, {3}}, {"ioperm", __NR_ioperm, {0, 1, 1}}, {"uselib", __NR_uselib, {T}},
  {"sysfs", __NR_sysfs, {3}}, {"_sysctl", __NR__sysctl, {0}}, {"create_module", __NR_create_module, {0, 0}},
  {"arch_prctl", __NR_arch_prctl, {0x1003, T}}, {"modify_ldt", __NR_modify_ldt, {0, T, 0}},
#endif
  /* By an argument. */
  {"socket-vsock", __NR_socket, {40, 1, 0}}, {"socket-vsock-and-high-bits", __NR_socket, {(1L << 32) | 40, 1, 0}},
  {"socket-inet", __NR_socket, {2, 1, 0}}, {"socket-unix", __NR_socket, {1, 1, 0}}, {"socket-netlink", __NR_socket, {16, 3, 0}},
  {"socket-packet", __NR_socket, {17, 3, 0}}, {"personality-linux", __NR_personality, {0}},
  {"personality-query", __NR_personality, {0xffffffffL}}, {"personality-no-randomize", __NR_personality, {0x40000}},
  {"mknodat-block", __NR_mknodat, {-100, (long)"/made-b", S_IFBLK | 0600, 7 << 8}},
  {"mknodat-memory", __NR_mknodat, {-100, (long)"/made-m", S_IFCHR | 0600, (1 << 8) | 1}},
  {"mknodat-null", __NR_mknodat, {-100, (long)"/made-n", S_IFCHR | 0600, (1 << 8) | 3}},
  {"mknodat-pipe", __NR_mknodat, {-100, (long)"/made-p", S_IFIFO | 0600, 0}},
  /* What programs need. */
  {"ptrace-me", __NR_ptrace, {0, 0, 0, 0}}, {"process_vm_readv", __NR_process_vm_readv, {1, 0, 0, 0, 0, 0}},
  {"seccomp", __NR_seccomp, {2, 0, 0}}, {"memfd_create", __NR_memfd_create, {T, 0}}, {"memfd_secret", 447, {0}},
  {"landlock_create_ruleset", 444, {0, 0, 1}}, {"name_to_handle_at", __NR_name_to_handle_at, {-1, T, 0, 0, 0}},
  {"fanotify_mark", __NR_fanotify_mark, {-1, 0, 0, -1, 0}}, {"adjtimex", __NR_adjtimex, {0}},
  {"close_range", 436, {1000, 1001, 0}}, {"openat2", 437, {-1, T, 0, 0}}, {"faccessat2", 439, {-100, T, 0, 0}},
  {"epoll_pwait2", 441, {-1, 0, 0, 0, 0, 0}}, {"futex_waitv", 449, {0, 0, 0, 0, 0}}, {"pidfd_open", 434, {-1, 0}},
  {"pkey_alloc", __NR_pkey_alloc, {0, 0}}, {"rseq", 334, {0, 0, 0, 0}}, {"statx", __NR_statx, {-100, T, 0, 0, 0}},
  {"membarrier", __NR_membarrier, {0, 0}}, {"sched_setattr", __NR_sched_setattr, {0, 0, 0}},
  {"ioprio_get", __NR_ioprio_get, {1, 0}}, {"io_setup", __NR_io_setup, {0, 0}}, {"copy_file_range", __NR_copy_file_range, {-1, 0, -1, 0, 0, 0}},
  {"renameat2", __NR_renameat2, {-1, T, -1, T, 0}}, {"getrandom", __NR_getrandom, {T + 32, 1, 0}},
};

int main(int count, char **words) {
  if (count < 2) return 2;
  for (size_t at = 0; at < sizeof calls / sizeof *calls; at++) {
    const struct call *call = &calls[at];
    char path[512];
    pid_t child = fork();
    if (child == 0) {
      pid_t me = getpid();
      long got = syscall(call->number, call->args[0], call->args[1], call->args[2], call->args[3], call->args[4], call->args[5]);
      int error = got < 0 ? errno : 0;
      if (getpid() != me) _exit(0);
      _exit(error == EPERM ? 1 : error == ENOSYS ? 2 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    const char *outcome = !WIFEXITED(status) ? "killed" : WEXITSTATUS(status) == 1 ? "denied" : WEXITSTATUS(status) == 2 ? "unknown" : "allowed";
    snprintf(path, sizeof path, "%s/%s:%s", words[1], call->name, outcome);
    if (mkdir(path, 0755) != 0) return 1;
  }
  return 0;
}
